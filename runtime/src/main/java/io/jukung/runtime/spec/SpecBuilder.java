package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.CDIDevice;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.WindowsContainerConfig;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.cdi.CdiEdits;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Builds the OCI specification from a container's CRI configuration, its image and its sandbox. A
 * request for something that is not implemented is refused with the field's name. Messages that are
 * present but empty request nothing. Thread-safe.
 */
public final class SpecBuilder {
  private static final String SECURITY = "config.linux.security_context.";

  /** Some programs close every possible descriptor at their start: a billion takes minutes. */
  private static final long MAX_OPEN_FILES = 1 << 20;

  private final PodNamespaces podNamespaces;
  private final MountRules mounts;
  private final SeccompRules seccomp = new SeccompRules();
  private final StatePaths paths;
  private final CdiDevices cdi;
  private final LabelRules labels;
  private final long openFiles;

  /**
   * A builder for this host.
   *
   * @param openFiles the containers' hard limit of RLIMIT_NOFILE. The soft limit is the same, but
   *     not more than {@link #MAX_OPEN_FILES}.
   */
  public SpecBuilder(StatePaths paths, long openFiles, CdiDevices cdi, LabelRules labels) {
    this.paths = paths;
    this.podNamespaces = new PodNamespaces(paths);
    this.mounts = new MountRules(paths);
    this.openFiles = openFiles;
    this.cdi = cdi;
    this.labels = labels;
  }

  /**
   * The input of a specification.
   *
   * @param targetPid the first process of the container whose pid namespace is requested by TARGET
   * @param volumes image volumes, and the volumes that the container's image declares
   */
  public record Input(
      ContainerConfig config,
      ImageDefaults image,
      SandboxRecord sandbox,
      String hostname,
      String cgroupsPath,
      Optional<Integer> targetPid,
      List<Spec.Mount> volumes) {

    /** The same container with more CDI devices. */
    public Input withCdiDevices(List<String> names) {
      ContainerConfig.Builder more = config.toBuilder();
      names.forEach(name -> more.addCDIDevices(CDIDevice.newBuilder().setName(name)));
      return new Input(more.build(), image, sandbox, hostname, cgroupsPath, targetPid, volumes);
    }
  }

  /**
   * A specification, and the decisions in it that the container's record needs.
   *
   * @param user the user as resolved with the image's account files
   */
  public record Built(Spec spec, ContainerUser user, NamespaceOwner pidMode) {}

  /**
   * Checks what does not depend on the image, before anything is created.
   *
   * @throws CriException INVALID_ARGUMENT or UNIMPLEMENTED
   */
  public void check(ContainerConfig config, SandboxRecord sandbox) {
    if (!config.getWindows().equals(WindowsContainerConfig.getDefaultInstance())) {
      throw CriException.unimplementedField("config.windows");
    }
    cdiNames(config);
    LinuxContainerConfig linux = config.getLinux();
    ResourceRules.check(linux.getResources());
    checkSecurity(linux.getSecurityContext(), sandbox.config());
  }

  /**
   * Checks the security fields of a pod that nothing in the pod runs with, because the sandbox has
   * no process: other runtimes fail for a wrong value, and users rely on it. May read the file of a
   * Localhost profile.
   *
   * @throws CriException INVALID_ARGUMENT, FAILED_PRECONDITION or UNIMPLEMENTED
   * @throws IOException if a profile cannot be read now
   */
  @SuppressWarnings("deprecation") // old clients set the deprecated field
  public void check(LinuxSandboxSecurityContext sandbox, String sandboxId) throws IOException {
    UserResolver.check(sandbox);
    LinuxContainerSecurityContext.Builder security =
        LinuxContainerSecurityContext.newBuilder()
            .setPrivileged(sandbox.getPrivileged())
            .setSeccompProfilePath(sandbox.getSeccompProfilePath());
    if (sandbox.hasSeccomp()) {
      security.setSeccomp(sandbox.getSeccomp());
    }
    if (sandbox.hasApparmor()) {
      security.setApparmor(sandbox.getApparmor());
    }
    var _ = seccomp.of(security.build(), List.of());
    var _ = labels.of(security.build(), sandboxId);
  }

  /** The profile of a container that asks for RuntimeDefault and for nothing else. */
  public Spec.Seccomp usualSeccomp() throws IOException {
    LinuxContainerSecurityContext security =
        LinuxContainerSecurityContext.newBuilder()
            .setSeccomp(SecurityProfile.getDefaultInstance())
            .build();
    return seccomp.of(security, CapabilityRules.of(security).bounding()).orElseThrow();
  }

  private static Set<String> cdiNames(ContainerConfig config) {
    return CdiDevices.requested(
        config.getCDIDevicesList().stream().map(CDIDevice::getName).toList(),
        config.getAnnotationsMap());
  }

  private static void checkSecurity(LinuxContainerSecurityContext security, SandboxConfig sandbox) {
    if (security.getPrivileged() && !sandbox.privileged()) {
      throw CriException.invalidArgument(
          SECURITY + "privileged: a privileged container needs a privileged sandbox");
    }
    if (security.getNamespaceOptions().hasUsernsOptions()) {
      Optional<IdMappings> ids =
          UserNamespaceOption.parse(
              SECURITY + "namespace_options.", security.getNamespaceOptions().getUsernsOptions());
      if (!ids.equals(Optional.ofNullable(sandbox.user()))) {
        throw CriException.invalidArgument(
            SECURITY + "namespace_options.userns_options is not that of the sandbox");
      }
    }
    if (sandbox.user() != null && pidMode(security, sandbox) == NamespaceOwner.NODE) {
      throw CriException.invalidArgument(
          SECURITY
              + "namespace_options.pid is NODE, which is not possible in a pod with a user"
              + " namespace");
    }
    checkPodsOwn("network", security.getNamespaceOptions().getNetwork(), sandbox.isHostNetwork());
    checkPodsOwn("ipc", security.getNamespaceOptions().getIpc(), sandbox.isHostIpc());
    if (!security.getNamespaceOptions().getTargetId().isEmpty()
        && security.getNamespaceOptions().getPid() != NamespaceMode.TARGET) {
      throw CriException.invalidArgument(
          SECURITY + "namespace_options.target_id is set, but pid is not TARGET");
    }
  }

  /** Checks the mode of a namespace that all containers of a pod share. The default is POD. */
  private static void checkPodsOwn(String kind, NamespaceMode mode, boolean isHosts) {
    String field = SECURITY + "namespace_options." + kind;
    switch (mode) {
      case POD -> {}
      case NODE -> {
        if (!isHosts) {
          throw CriException.invalidArgument(
              field + " is NODE, but its sandbox has one of its own");
        }
      }
      case CONTAINER, TARGET, UNRECOGNIZED ->
          throw CriException.invalidArgument(field + " cannot be " + mode);
    }
  }

  /**
   * Builds the specification of a request that {@link #check} has accepted.
   *
   * @param root the container's root file system, whose account files are read
   */
  public Built build(Input input, Fd root) throws IOException {
    ContainerConfig config = input.config();
    LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
    ContainerUser user =
        UserResolver.resolve(security, input.image().user(), AccountFiles.read(root));
    CdiEdits edits = cdi.edits(cdiNames(config));
    DeviceRules.Result devices =
        DeviceRules.of(config.getDevicesList(), edits.deviceNodes(), security.getPrivileged());
    NamespaceOwner pidMode = pidMode(security, input.sandbox().config());
    Optional<IdMappings> ids = Optional.ofNullable(input.sandbox().config().user());
    ids.ifPresent(each -> checkMapped(user, each));
    Hooks hooks = HookRules.of(edits.hooks(), ids.isPresent());
    LabelRules.Labels label = labels.of(security, input.sandbox().id());
    Spec.Process process = process(input, user, edits, label);
    Spec spec =
        new Spec(
            Spec.OCI_VERSION,
            process,
            // Hooks find the root by this path, see LaunchCompiler. Nobody else needs it.
            new Spec.Root(
                hooks == null ? "rootfs" : paths.rootMountPoint().toString(),
                security.getReadonlyRootfs()),
            null,
            mounts.of(
                config.getMountsList(),
                edits.mounts(),
                input.volumes(),
                new MountRules.Facts(
                    input.sandbox().id(),
                    security.getPrivileged(),
                    security.getReadonlyRootfs(),
                    input.sandbox().config().isHostIpc(),
                    ids,
                    Optional.ofNullable(label.files()))),
            Map.of(), // no annotation may change how a container is run
            new Spec.Linux(
                namespaces(input, pidMode),
                input.cgroupsPath(),
                ResourceRules.toSpec(config.getLinux().getResources(), devices.rules()),
                devices.devices(),
                Map.of(), // sysctls are set in the sandbox's namespaces
                null,
                security.getPrivileged() ? List.of() : security.getMaskedPathsList(),
                security.getPrivileged() ? List.of() : security.getReadonlyPathsList(),
                seccomp.of(security, process.capabilities().bounding()).orElse(null),
                mappings(ids, IdMappings::users),
                mappings(ids, IdMappings::groups),
                label.files()),
            hooks);
    refuseZeroBytes(spec);
    return new Built(spec, user, pidMode);
  }

  private Spec.Process process(
      Input input, ContainerUser user, CdiEdits edits, LabelRules.Labels label) {
    ContainerConfig config = input.config();
    LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
    Environment environment = new Environment();
    if (config.getTty()) {
      environment.set("TERM", "xterm");
    }
    environment
        .set("HOSTNAME", input.hostname())
        .addWords(input.image().env())
        .addContainer(config.getEnvsList())
        .addWords(edits.env())
        .setIfAbsent("HOME", user.home());
    LinuxContainerResources resources = config.getLinux().getResources();
    return new Spec.Process(
        config.getTty(),
        new Spec.User(user.uid(), user.gid(), null, groups(user, edits)),
        CommandLine.of(config.getCommandList(), config.getArgsList(), input.image()),
        environment.toList(),
        workingDirectory(config.getWorkingDir(), input.image().workingDirectory()),
        CapabilityRules.of(security),
        List.of(new Spec.Rlimit("RLIMIT_NOFILE", Math.min(openFiles, MAX_OPEN_FILES), openFiles)),
        security.getNoNewPrivs(),
        (int) resources.getOomScoreAdj(),
        label.profile(),
        label.process());
  }

  private static List<Integer> groups(ContainerUser user, CdiEdits edits) {
    SortedSet<Integer> groups = new TreeSet<>(user.supplementalGroups());
    groups.addAll(edits.additionalGids());
    return List.copyOf(groups);
  }

  private static String workingDirectory(String requested, String image) {
    if (!requested.isEmpty() && !requested.startsWith("/")) {
      throw CriException.invalidArgument(
          "config.working_dir \"" + requested + "\" is not absolute");
    }
    String directory = requested.isEmpty() ? image : requested;
    // Cleaned once: the same path is made, entered and shown.
    return Path.of("/").resolve(directory).normalize().toString();
  }

  private static List<Spec.IdMapping> mappings(
      Optional<IdMappings> ids, Function<IdMappings, IdMappings.Range> part) {
    return ids.stream().map(part).map(Spec.IdMapping::of).toList();
  }

  private static void checkMapped(ContainerUser user, IdMappings ids) {
    if (!ids.users().contains(user.uid())) {
      throw notMapped("user " + user.uid(), ids.users());
    }
    for (int gid : user.supplementalGroups()) {
      if (!ids.groups().contains(gid)) {
        throw notMapped("group " + gid, ids.groups());
      }
    }
  }

  private static CriException notMapped(String who, IdMappings.Range range) {
    return CriException.invalidArgument(
        who + " is not among the " + range.length() + " ids of the pod's user namespace");
  }

  private List<Spec.Namespace> namespaces(Input input, NamespaceOwner pidMode) {
    List<Spec.Namespace> namespaces = new ArrayList<>();
    namespaces.add(new Spec.Namespace("mount", null));
    namespaces.add(new Spec.Namespace("cgroup", null));
    namespaces.addAll(podNamespaces.of(input.sandbox()));
    Spec.@Nullable Namespace pid = pidNamespace(input, pidMode);
    if (pid != null) {
      namespaces.add(pid);
    }
    return namespaces;
  }

  private Spec.@Nullable Namespace pidNamespace(Input input, NamespaceOwner mode) {
    return switch (mode) {
      case POD -> podNamespaces.pinned("pid", input.sandbox().id(), "pid");
      case CONTAINER -> new Spec.Namespace("pid", null);
      case NODE -> null;
      case TARGET ->
          new Spec.Namespace(
              "pid",
              targetPidNamespace(
                  input
                      .targetPid()
                      .orElseThrow(
                          () ->
                              CriException.invalidArgument(
                                  SECURITY + "namespace_options.target_id is missing"))));
    };
  }

  /** The path of the pid namespace of a running process. */
  public static String targetPidNamespace(int pid) {
    return "/proc/" + pid + "/ns/pid";
  }

  /** The mode of the container's pid namespace. POD, the default, means the sandbox's mode. */
  public static NamespaceOwner pidMode(
      LinuxContainerSecurityContext security, SandboxConfig sandbox) {
    return switch (security.getNamespaceOptions().getPid()) {
      case POD -> sandbox.pid();
      case CONTAINER -> NamespaceOwner.CONTAINER;
      case NODE -> NamespaceOwner.NODE;
      case TARGET -> NamespaceOwner.TARGET;
      case UNRECOGNIZED ->
          throw CriException.unimplementedField(SECURITY + "namespace_options.pid");
    };
  }

  /**
   * The kernel would see a text only up to its zero byte, which is not the text that was checked.
   */
  static void refuseZeroBytes(Spec spec) {
    Spec.Process process = spec.process();
    boolean found =
        Stream.of(
                process.args().stream(),
                process.env().stream(),
                Stream.of(process.cwd()),
                spec.mounts().stream().flatMap(m -> Stream.of(m.destination(), m.source())),
                spec.linux().maskedPaths().stream(),
                spec.linux().readonlyPaths().stream())
            .flatMap(each -> each)
            .anyMatch(text -> text.indexOf('\0') >= 0);
    if (found) {
      throw CriException.invalidArgument("config has a text that contains a zero byte");
    }
  }
}
