package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.CDIDevice;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.cri.v1.WindowsContainerConfig;
import io.jukung.cri.v1.WindowsContainerSecurityContext;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SpecBuilderTest {
  private static final String SANDBOX = "a".repeat(64);
  private static final ImageDefaults IMAGE =
      new ImageDefaults("", List.of("FROM=image"), List.of("/entry"), List.of("cmd"), "/srv", "");

  @TempDir private Path root;

  private final StatePaths paths = new StatePaths(Path.of("/lib"), Path.of("/run/j"));
  private final SpecBuilder builder = builder(1024);

  private SpecBuilder builder(long openFiles) {
    return new SpecBuilder(
        paths,
        openFiles,
        new CdiDevices(List.of(), List.of()),
        new LabelRules(new AppArmor(Path.of("/sys")), new Selinux(Path.of("/"))));
  }

  @Test
  void minimalContainerHasAllDefaults() throws IOException {
    SpecBuilder.Built built = build(ContainerConfig.getDefaultInstance(), pod());
    Spec spec = built.spec();
    assertThat(spec.process().args()).containsExactly("/entry", "cmd");
    assertThat(spec.process().cwd()).isEqualTo("/srv");
    assertThat(spec.process().env())
        .contains("FROM=image", "HOME=/", "HOSTNAME=web-0")
        .anyMatch(each -> each.startsWith("PATH="));
    assertThat(spec.process().noNewPrivileges()).isFalse();
    assertThat(spec.process().oomScoreAdj()).isZero();
    assertThat(spec.process().rlimits())
        .containsExactly(new Spec.Rlimit("RLIMIT_NOFILE", 1024, 1024));
    assertThat(spec.linux().cgroupsPath()).isEqualTo("/pods/c");
    assertThat(destinations(spec))
        .containsExactly(
            "/proc",
            "/dev",
            "/sys",
            "/dev/pts",
            "/dev/mqueue",
            "/dev/shm",
            "/etc/hosts",
            "/etc/hostname",
            "/etc/resolv.conf",
            "/sys/fs/cgroup");
    assertThat(mount(spec, "/dev/shm").source()).isEqualTo(paths.shm(SANDBOX).toString());
    assertThat(mount(spec, "/dev/pts").options()).contains("gid=5", "newinstance");
    assertThat(mount(spec, "/sys").options()).contains("ro");
    assertThat(spec.linux().devices())
        .extracting(Spec.Device::path)
        .containsExactly(
            "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty");
    assertThat(spec.linux().resources().devices().getFirst())
        .isEqualTo(new Spec.DeviceRule(false, "a", null, null, "rwm"));
  }

  @Test
  void softLimitOfOpenFilesIsBounded() throws IOException {
    long billion = 1_073_741_816; // the value of "infinity" where systemd has raised fs.nr_open
    assertThat(
            builder(billion)
                .build(input(ContainerConfig.getDefaultInstance(), pod(), Optional.empty()), open())
                .spec()
                .process()
                .rlimits())
        .containsExactly(new Spec.Rlimit("RLIMIT_NOFILE", 1 << 20, billion));
  }

  @Test
  void specificationIsUnchangedByJson() throws IOException {
    Spec spec =
        build(
                config(
                    security().setNoNewPrivs(true).addMaskedPaths("/proc/acpi"),
                    LinuxContainerResources.newBuilder().setMemoryLimitInBytes(5)),
                pod())
            .spec();
    assertThat(Spec.fromJson(spec.toJson())).isEqualTo(spec);
    assertThat(new String(spec.toJson(), StandardCharsets.UTF_8))
        .contains("\"ociVersion\":\"1.2.0\"", "\"noNewPrivileges\":true", "\"oomScoreAdj\":0");
  }

  @Test
  void podNamespacesAreJoinedAndHostsAreNotListed() throws IOException {
    assertThat(namespaces(build(ContainerConfig.getDefaultInstance(), pod())))
        .containsExactly(
            Map.entry("mount", ""),
            Map.entry("cgroup", ""),
            Map.entry("network", paths.namespace(SANDBOX, "net").toString()),
            Map.entry("uts", paths.namespace(SANDBOX, "uts").toString()),
            Map.entry("ipc", paths.namespace(SANDBOX, "ipc").toString()),
            Map.entry("pid", paths.namespace(SANDBOX, "pid").toString()));
    SandboxRecord host =
        sandbox(NamespaceOwner.NODE, NamespaceOwner.NODE, NamespaceOwner.NODE, false);
    assertThat(namespaces(build(ContainerConfig.getDefaultInstance(), host)))
        .containsExactly(Map.entry("mount", ""), Map.entry("cgroup", ""));
    assertThat(mount(build(ContainerConfig.getDefaultInstance(), host).spec(), "/dev/shm").source())
        .isEqualTo("/dev/shm");
  }

  @Test
  void pidModePodMeansTheModeOfTheSandbox() throws IOException {
    assertThat(namespaces(build(pid(NamespaceMode.CONTAINER, ""), pod())))
        .contains(Map.entry("pid", ""));
    assertThat(namespaces(build(pid(NamespaceMode.NODE, ""), pod())))
        .extracting(Map.Entry::getKey)
        .doesNotContain("pid");
    SandboxRecord own =
        sandbox(NamespaceOwner.POD, NamespaceOwner.CONTAINER, NamespaceOwner.POD, false);
    assertThat(namespaces(build(ContainerConfig.getDefaultInstance(), own)))
        .contains(Map.entry("pid", ""));
  }

  @Test
  void targetPidNamespaceIsThatOfTheTarget() throws IOException {
    SpecBuilder.Built built =
        builder.build(input(pid(NamespaceMode.TARGET, "t"), pod(), Optional.of(42)), open());
    assertThat(namespaces(built)).contains(Map.entry("pid", "/proc/42/ns/pid"));
  }

  @Test
  void privilegedContainerHasTheHostsDevicesAndNoMasks() throws IOException {
    SandboxRecord privileged =
        sandbox(NamespaceOwner.POD, NamespaceOwner.POD, NamespaceOwner.POD, true);
    Spec spec =
        build(
                config(
                    security()
                        .setPrivileged(true)
                        .addMaskedPaths("/proc/acpi")
                        .addReadonlyPaths("/proc/sys")
                        .setSeccomp(profile(ProfileType.RuntimeDefault)),
                    LinuxContainerResources.newBuilder()),
                privileged)
            .spec();
    assertThat(spec.linux().maskedPaths()).isEmpty();
    assertThat(spec.linux().readonlyPaths()).isEmpty();
    assertThat(mount(spec, "/sys").options()).contains("rw").doesNotContain("ro");
    assertThat(spec.linux().devices()).extracting(Spec.Device::path).contains("/dev/null");
    assertThat(spec.linux().devices())
        .extracting(Spec.Device::path)
        .noneMatch(path -> path.startsWith("/dev/pts"));
    assertThat(spec.linux().resources().devices())
        .contains(new Spec.DeviceRule(true, "a", null, null, "rwm"));
  }

  @Test
  void requestedMountsReplaceDefaultsAndParentsComeFirst(@TempDir Path host) throws IOException {
    Path real = Files.createDirectory(host.resolve("real"));
    Path link = Files.createSymbolicLink(host.resolve("link"), real);
    Path missing = host.resolve("made/for/it");
    ContainerConfig config =
        ContainerConfig.newBuilder()
            .addMounts(mountOf(link, "/etc/hosts/../deep/er").setReadonly(true))
            .addMounts(mountOf(missing, "etc"))
            .addMounts(mountOf(real, "/dev/shm"))
            .addMounts(mountOf(real, "/rro").setReadonly(true).setRecursiveReadOnly(true))
            .addMounts(mountOf(real, "/less").addMountOptions("noexec").addMountOptions("nodev"))
            .build();
    Spec spec = build(config, pod()).spec();
    assertThat(destinations(spec)).doesNotHaveDuplicates();
    assertThat(destinations(spec).indexOf("/etc"))
        .isLessThan(destinations(spec).indexOf("/etc/hosts"));
    assertThat(mount(spec, "/etc/deep/er").source()).isEqualTo(real.toString());
    assertThat(mount(spec, "/etc/deep/er").options()).containsExactly("rbind", "rprivate", "ro");
    assertThat(mount(spec, "/etc").options()).containsExactly("rbind", "rprivate", "rw");
    assertThat(missing).isDirectory();
    assertThat(mount(spec, "/dev/shm").source()).isEqualTo(real.toString());
    assertThat(mount(spec, "/rro").options()).containsExactly("rbind", "rprivate", "rro");
    assertThat(mount(spec, "/less").options())
        .containsExactly("rbind", "rprivate", "rw", "noexec", "nodev");
  }

  @Test
  void mountOnDevReplacesAllDefaultMountsInDev(@TempDir Path host) throws IOException {
    ContainerConfig config = ContainerConfig.newBuilder().addMounts(mountOf(host, "/dev")).build();
    assertThat(destinations(build(config, pod()).spec()))
        .filteredOn(path -> path.startsWith("/dev"))
        .containsExactly("/dev");
  }

  static Stream<Arguments> invalidMounts() {
    return Stream.of(
        Arguments.of(Mount.newBuilder().setHostPath("/tmp"), "container_path is empty"),
        Arguments.of(mountOf(Path.of("/tmp"), "/"), "root cannot be mounted on"),
        Arguments.of(mountOf(Path.of("/tmp"), "/proc"), "inside /proc"),
        Arguments.of(mountOf(Path.of("/tmp"), "/x/../proc/sys"), "inside /proc"),
        Arguments.of(Mount.newBuilder().setHostPath("tmp").setContainerPath("/x"), "not absolute"),
        Arguments.of(
            mountOf(Path.of("/tmp"), "/x").setRecursiveReadOnly(true), "recursive_read_only"),
        Arguments.of(
            mountOf(Path.of("/tmp"), "/x")
                .setRecursiveReadOnly(true)
                .setReadonly(true)
                .setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER),
            "recursive_read_only"),
        Arguments.of(mountOf(Path.of("/tmp"), "/x").addMountOptions("rw"), "mount_options has"),
        Arguments.of(
            mountOf(Path.of("/tmp"), "/x").setImageSubPath("p"), "image_sub_path without an image"),
        Arguments.of(
            mountOf(Path.of("/tmp"), "/x").addUidMappings(IDMapping.getDefaultInstance()),
            "its id mappings are not those of the pod's user namespace"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("invalidMounts")
  void invalidMountIsRefused(Mount.Builder mount, String message) {
    ContainerConfig config = ContainerConfig.newBuilder().addMounts(mount).build();
    assertThatThrownBy(() -> build(config, pod()))
        .isInstanceOf(CriException.class)
        .hasMessageContaining(message);
  }

  @Test
  void usualSeccompIsTheProfileOfRuntimeDefault() throws IOException {
    Spec spec = build(of(security().setSeccomp(profile(ProfileType.RuntimeDefault))), pod()).spec();
    assertThat(builder.usualSeccomp()).isEqualTo(spec.linux().seccomp());
  }

  static Stream<Arguments> refusedConfigs() {
    return Stream.of(
        Arguments.of(
            ContainerConfig.newBuilder().addCDIDevices(CDIDevice.getDefaultInstance()).build(),
            ErrorKind.INVALID_ARGUMENT,
            "vendor/class=device"),
        Arguments.of(
            ContainerConfig.newBuilder()
                .setWindows(
                    WindowsContainerConfig.newBuilder()
                        .setSecurityContext(
                            WindowsContainerSecurityContext.newBuilder().setHostProcess(true)))
                .build(),
            ErrorKind.UNIMPLEMENTED,
            "config.windows"),
        Arguments.of(
            of(
                security()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder()
                            .setUsernsOptions(UserNamespace.getDefaultInstance()))),
            ErrorKind.INVALID_ARGUMENT,
            "userns_options"),
        Arguments.of(
            of(
                security()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE))),
            ErrorKind.INVALID_ARGUMENT,
            "network is NODE"),
        Arguments.of(
            of(
                security()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder().setNetwork(NamespaceMode.CONTAINER))),
            ErrorKind.INVALID_ARGUMENT,
            "network cannot be CONTAINER"),
        Arguments.of(
            of(
                security()
                    .setNamespaceOptions(
                        NamespaceOption.newBuilder().setIpc(NamespaceMode.TARGET))),
            ErrorKind.INVALID_ARGUMENT,
            "ipc cannot be TARGET"),
        Arguments.of(
            pid(NamespaceMode.CONTAINER, "t"), ErrorKind.INVALID_ARGUMENT, "pid is not TARGET"),
        Arguments.of(
            of(security().setPrivileged(true)), ErrorKind.INVALID_ARGUMENT, "privileged sandbox"));
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("refusedConfigs")
  void invalidConfigurationIsRefusedByFieldName(
      ContainerConfig config, ErrorKind kind, String message) {
    assertThatThrownBy(() -> builder.check(config, pod()))
        .isInstanceOfSatisfying(CriException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(message);
  }

  @Test
  void emptyMessagesRequestNothing() {
    builder.check(
        of(
            security()
                .setSelinuxOptions(SELinuxOption.getDefaultInstance())
                .setSeccomp(profile(ProfileType.Unconfined))
                .setApparmor(profile(ProfileType.Unconfined))
                .setNamespaceOptions(
                    NamespaceOption.newBuilder()
                        .setUsernsOptions(UserNamespace.newBuilder().setMode(NamespaceMode.NODE)))),
        pod());
    builder.check(
        ContainerConfig.newBuilder()
            .setWindows(WindowsContainerConfig.getDefaultInstance())
            .setLinux(LinuxContainerConfig.getDefaultInstance())
            .build(),
        pod());
  }

  @Test
  void workingDirectoryIsCleaned() throws IOException {
    ContainerConfig config = ContainerConfig.newBuilder().setWorkingDir("/x/../y//z/").build();
    assertThat(build(config, pod()).spec().process().cwd()).isEqualTo("/y/z");
  }

  @Test
  void relativeWorkingDirectoryOfTheRequestIsRefused() {
    assertThatThrownBy(
            () -> build(ContainerConfig.newBuilder().setWorkingDir("srv").build(), pod()))
        .hasMessageContaining("working_dir \"srv\" is not absolute");
  }

  @Test
  void zeroBytesAreRefused() {
    ContainerConfig config =
        ContainerConfig.newBuilder()
            .addEnvs(
                KeyValue.newBuilder()
                    .setKey("A")
                    .setValue(ByteString.copyFromUtf8("x\0LD_PRELOAD=y")))
            .build();
    assertThatThrownBy(() -> build(config, pod()))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("zero byte");
  }

  @Test
  void mountPointsAndWorkingDirectoryAreMadeInsideTheRoot(@TempDir Path outside)
      throws IOException {
    Files.createSymbolicLink(root.resolve("etc"), outside);
    Files.createSymbolicLink(root.resolve("srv"), Path.of("/var/deep"));
    Spec spec = build(ContainerConfig.getDefaultInstance(), pod()).spec();
    try (Fd directory = HostFile.openDirectory(root)) {
      RootfsTargets.make(directory, spec);
    }
    assertThat(outside).isEmptyDirectory();
    assertThat(root.resolve("var/deep")).isDirectory();
    assertThat(root.resolve("proc")).isDirectory();
    assertThat(root.resolve("sys")).isDirectory();
    assertThat(root.resolve("dev/pts")).as("made by the launch, on the new /dev").doesNotExist();
    Path etc = root.resolve(Path.of("/").relativize(outside));
    assertThat(etc.resolve("hosts")).isRegularFile();
  }

  @Test
  void mountOfAnotherKindThanItsTargetIsRefused(@TempDir Path outside) throws IOException {
    Path file = Files.writeString(outside.resolve("file"), "");
    Files.createDirectories(root.resolve("directory"));
    Files.writeString(root.resolve("file"), "");
    for (Mount mount :
        List.of(
            Mount.newBuilder().setHostPath(file.toString()).setContainerPath("/directory").build(),
            Mount.newBuilder().setHostPath(outside.toString()).setContainerPath("/file").build())) {
      Spec spec = build(ContainerConfig.newBuilder().addMounts(mount).build(), pod()).spec();
      try (Fd directory = HostFile.openDirectory(root)) {
        assertThatThrownBy(() -> RootfsTargets.make(directory, spec))
            .isInstanceOfSatisfying(
                CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
            .hasMessageContaining("\"" + mount.getHostPath() + "\"")
            .hasMessageContaining("\"" + mount.getContainerPath() + "\"")
            .hasMessageContaining("is a file")
            .hasMessageContaining("is a directory");
      }
    }
  }

  @Test
  void filesOfProcThatRuncAllowsMayBeMountedOn(@TempDir Path outside) throws IOException {
    String file = Files.writeString(outside.resolve("file"), "").toString();
    ContainerConfig.Builder config = ContainerConfig.newBuilder();
    for (String name :
        List.of(
            "cpuinfo", "diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps", "uptime")) {
      config.addMounts(
          Mount.newBuilder().setHostPath(file).setContainerPath("/proc/./" + name).build());
    }
    assertThat(build(config.build(), pod()).spec().mounts())
        .filteredOn(each -> each.source().equals(file))
        .extracting(Spec.Mount::destination)
        .contains("/proc/cpuinfo", "/proc/meminfo", "/proc/slabinfo")
        .hasSize(8);
  }

  private SpecBuilder.Built build(ContainerConfig config, SandboxRecord sandbox)
      throws IOException {
    try (Fd directory = open()) {
      return builder.build(input(config, sandbox, Optional.empty()), directory);
    }
  }

  private static SpecBuilder.Input input(
      ContainerConfig config, SandboxRecord sandbox, Optional<Integer> targetPid) {
    return new SpecBuilder.Input(config, IMAGE, sandbox, "web-0", "/pods/c", targetPid, List.of());
  }

  private Fd open() throws IOException {
    return HostFile.openDirectory(root);
  }

  private static SandboxRecord pod() {
    return sandbox(NamespaceOwner.POD, NamespaceOwner.POD, NamespaceOwner.POD, false);
  }

  private static SandboxRecord sandbox(
      NamespaceOwner network, NamespaceOwner pid, NamespaceOwner ipc, boolean privileged) {
    return new SandboxRecord(
        1,
        SANDBOX,
        new SandboxName("web-0", "u", "ns", 0),
        SandboxRecord.State.READY,
        1,
        "",
        new SandboxConfig(
            "web-0",
            "/logs",
            null,
            List.of(),
            Map.of(),
            Map.of(),
            "/pods",
            Map.of(),
            network,
            pid,
            ipc,
            privileged,
            null),
        false,
        List.of(),
        0,
        null);
  }

  private static LinuxContainerSecurityContext.Builder security() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  private static SecurityProfile.Builder profile(ProfileType type) {
    return SecurityProfile.newBuilder().setProfileType(type);
  }

  private static ContainerConfig of(LinuxContainerSecurityContext.Builder security) {
    return config(security, LinuxContainerResources.newBuilder());
  }

  private static ContainerConfig config(
      LinuxContainerSecurityContext.Builder security, LinuxContainerResources.Builder resources) {
    return ContainerConfig.newBuilder()
        .setLinux(
            LinuxContainerConfig.newBuilder().setSecurityContext(security).setResources(resources))
        .build();
  }

  private static ContainerConfig pid(NamespaceMode mode, String target) {
    return of(
        security()
            .setNamespaceOptions(NamespaceOption.newBuilder().setPid(mode).setTargetId(target)));
  }

  private static Mount.Builder mountOf(Path source, String destination) {
    return Mount.newBuilder().setHostPath(source.toString()).setContainerPath(destination);
  }

  private static List<String> destinations(Spec spec) {
    return spec.mounts().stream().map(Spec.Mount::destination).toList();
  }

  private static Spec.Mount mount(Spec spec, String destination) {
    return spec.mounts().stream()
        .filter(each -> each.destination().equals(destination))
        .findFirst()
        .orElseThrow();
  }

  private static List<Map.Entry<String, String>> namespaces(SpecBuilder.Built built) {
    return built.spec().linux().namespaces().stream()
        .map(each -> Map.entry(each.type(), each.path() == null ? "" : each.path()))
        .toList();
  }
}
