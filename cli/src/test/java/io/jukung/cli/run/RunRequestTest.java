package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.Protocol;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class RunRequestTest {
  @Command
  private static final class Holder {
    @Mixin RunOptions options = new RunOptions();
  }

  @Test
  void limitsOfTheLogAreAnnotationsOfTheContainer() {
    assertThat(
            request("--log-opt", "max-size=10m", "--log-opt=max-file=3", "busybox")
                .container()
                .getAnnotationsMap())
        .containsExactly(
            Map.entry("io.jukung.log-max-size", "10485760"),
            Map.entry("io.jukung.log-max-file", "3"));
    assertThat(request("busybox").container().getAnnotationsMap()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"max-size=63k", "max-file=3", "max-size", "mode=non-blocking"})
  void anUnknownOrImpossibleLimitOfTheLogIsRefused(String option) {
    RunRequest request = request("--log-opt", option, "busybox");
    assertThatThrownBy(request::container).isInstanceOf(CliException.class);
  }

  @Test
  void runWithoutOptionsMakesAPodWithKubeletsDefaults() {
    RunRequest request = request("busybox");

    PodSandboxConfig pod = request.sandbox();
    assertThat(pod.getMetadata().getName()).isEqualTo("Web_1");
    assertThat(pod.getMetadata().getUid()).isEqualTo("uid");
    assertThat(pod.getMetadata().getNamespace()).isEqualTo("default");
    assertThat(pod.getHostname()).isEqualTo("web-1");
    assertThat(pod.getLogDirectory()).isEqualTo("/var/log/jukung/Web_1_uid");
    assertThat(pod.getLabelsMap()).containsExactly(Map.entry("io.jukung.run", "Web_1"));
    var namespaces = pod.getLinux().getSecurityContext().getNamespaceOptions();
    assertThat(namespaces.getNetwork()).isEqualTo(NamespaceMode.POD);
    assertThat(namespaces.getPid()).isEqualTo(NamespaceMode.CONTAINER);
    assertThat(namespaces.getIpc()).isEqualTo(NamespaceMode.POD);

    ContainerConfig container = request.container().build();
    assertThat(container.getCommandList()).isEmpty();
    assertThat(container.getArgsList()).isEmpty();
    var security = container.getLinux().getSecurityContext();
    assertThat(security.getNamespaceOptions()).isEqualTo(namespaces);
    assertThat(security.getMaskedPathsList()).contains("/proc/kcore", "/sys/firmware");
    assertThat(security.getReadonlyPathsList()).contains("/proc/sys");
    assertThat(security.hasCapabilities()).isFalse();
    assertThat(security.hasRunAsUser()).isFalse();
    assertThat(request.logFile()).isEqualTo(Path.of("/var/log/jukung/Web_1_uid/Web_1.log"));
  }

  @Test
  void runConfinesSystemCallsUnlessTheUserSaysOtherwise() {
    assertThat(seccomp("busybox")).isEqualTo(profile(ProfileType.RuntimeDefault, ""));
    assertThat(seccomp("--security-opt", "seccomp=unconfined", "busybox"))
        .isEqualTo(profile(ProfileType.Unconfined, ""));
    assertThat(seccomp("--security-opt", "seccomp=/etc/own.json", "busybox"))
        .isEqualTo(profile(ProfileType.Localhost, "/etc/own.json"));
    assertThat(seccomp("--privileged", "busybox")).isEqualTo(SecurityProfile.getDefaultInstance());
  }

  @Test
  void noNewPrivilegesReachesTheRequest() {
    RunRequest request = request("--security-opt", "no-new-privileges", "busybox");
    assertThat(request.container().getLinux().getSecurityContext().getNoNewPrivs()).isTrue();
    assertThat(request("busybox").container().getLinux().getSecurityContext().getNoNewPrivs())
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "seccomp=",
        "apparmor=",
        "label=type",
        "label=disable:x",
        "label=filetype:x",
        "no-new-privileges=x",
        "systempaths=x"
      })
  void unknownSecurityOptionIsRefused(String text) {
    RunRequest request = request("--security-opt", text, "busybox");
    assertThatThrownBy(request::container)
        .isInstanceOf(CliException.class)
        .hasMessageContaining("not a security option: \"" + text + "\"");
  }

  @Test
  void securityOptionsAreTakenAsDockerWritesThem() {
    var security =
        request(
                "--security-opt",
                "apparmor:mine",
                "--security-opt=systempaths=unconfined",
                "--security-opt=no-new-privileges:false",
                "busybox")
            .container()
            .getLinux()
            .getSecurityContext();
    assertThat(security.getApparmor()).isEqualTo(profile(ProfileType.Localhost, "mine"));
    assertThat(security.getMaskedPathsCount() + security.getReadonlyPathsCount()).isZero();
    assertThat(security.getNoNewPrivs()).isFalse();
  }

  @Test
  void partsOfTheSelinuxLabelAreTakenAsDockerWritesThem() {
    var label =
        request(
                "--security-opt=label=type:svirt_t",
                "--security-opt=label:level:s0:c1,c2",
                "--security-opt=label=user:system_u",
                "--security-opt=label=role:system_r",
                "busybox")
            .container()
            .getLinux()
            .getSecurityContext()
            .getSelinuxOptions();
    assertThat(label)
        .isEqualTo(
            SELinuxOption.newBuilder()
                .setUser("system_u")
                .setRole("system_r")
                .setType("svirt_t")
                .setLevel("s0:c1,c2")
                .build());
    assertThat(
            request("--security-opt=label=disable", "busybox")
                .container()
                .getLinux()
                .getSecurityContext()
                .getSelinuxOptions()
                .getType())
        .isEqualTo("spc_t");
  }

  @Test
  void initIsAskedForInTheOptions() {
    assertThat(
            request("--init", "busybox").container().getAnnotationsMap().get("io.jukung.options"))
        .isEqualTo("{\"init\":true}");
  }

  @Test
  void limitsReachTheRequest() {
    var resources =
        request(
                "--cpuset-cpus=0-1",
                "--cpuset-mems=0",
                "--cpu-shares=512",
                "--cpu-quota=50000",
                "-m=64m",
                "--memory-swap=128m",
                "--memory-reservation=32m",
                "--pids-limit=-1",
                "--oom-score-adj=500",
                "busybox")
            .container()
            .getLinux()
            .getResources();
    assertThat(resources.getCpusetCpus()).isEqualTo("0-1");
    assertThat(resources.getCpusetMems()).isEqualTo("0");
    assertThat(resources.getCpuShares()).isEqualTo(512);
    assertThat(resources.getCpuPeriod()).isEqualTo(100_000);
    assertThat(resources.getCpuQuota()).isEqualTo(50_000);
    assertThat(resources.getMemorySwapLimitInBytes()).isEqualTo(128 << 20);
    assertThat(resources.getOomScoreAdj()).isEqualTo(500);
    assertThat(resources.getUnifiedMap())
        .containsOnly(Map.entry("memory.low", "33554432"), Map.entry("pids.max", "max"));
  }

  @Test
  void hostGatewayIsAnAddressOfTheNode() {
    assertThat(
            request("--network=host", "--add-host=up:host-gateway", "busybox")
                .sandbox()
                .getAnnotationsMap()
                .get("io.jukung.options"))
        .isEqualTo("{\"hosts\":[{\"address\":\"127.0.0.1\",\"name\":\"up\"}]}");
  }

  @Test
  void namespacesAndDevicesOfTheNodeReachTheRequest() {
    RunRequest request =
        request(
            "--pid=host",
            "--ipc=host",
            "--cgroup-parent=/teams/a",
            "--gpus=device=0,3",
            "--device=vendor.com/class=one",
            "--device=/dev/null",
            "busybox");
    var pod = request.sandbox().getLinux();
    assertThat(pod.getCgroupParent()).isEqualTo("/teams/a");
    assertThat(pod.getSecurityContext().getNamespaceOptions().getPid())
        .isEqualTo(NamespaceMode.NODE);
    assertThat(pod.getSecurityContext().getNamespaceOptions().getIpc())
        .isEqualTo(NamespaceMode.NODE);
    var container = request.container();
    assertThat(container.getCDIDevicesList())
        .extracting(each -> each.getName())
        .containsExactly("vendor.com/class=one", "nvidia.com/gpu=0", "nvidia.com/gpu=3");
    assertThat(container.getDevicesCount()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--pid=container:",
        "--pid=private",
        "--ipc=none",
        "--uts=host",
        "--userns=keep-id",
        "--gpus=none",
        "--oom-score-adj=1001",
        "--memory-swap=1g",
      })
  void optionsThatAreNotImplementedOrContradictAreRefused(String option) {
    assertThatThrownBy(
            () -> {
              var _ = request(option, "busybox").container();
            })
        .isInstanceOf(CliException.class)
        .hasMessageContaining(option.substring(0, option.indexOf('=')));
  }

  private static SecurityProfile seccomp(String... arguments) {
    return request(arguments).container().getLinux().getSecurityContext().getSeccomp();
  }

  private static SecurityProfile profile(ProfileType type, String file) {
    return SecurityProfile.newBuilder().setProfileType(type).setLocalhostRef(file).build();
  }

  @Test
  void everyOptionReachesTheRequest() {
    RunRequest request =
        request(
            "--entrypoint",
            "/bin/sh",
            "-w",
            "/work",
            "-e",
            "A=b=c",
            "-e",
            "HOME",
            "-e",
            "UNSET",
            "-e",
            "EMPTY=",
            "--cpus",
            "1.5",
            "-m",
            "64m",
            "-u",
            "1000:100",
            "--read-only",
            "--cap-add",
            "NET_ADMIN",
            "--cap-drop",
            "ALL",
            "-l",
            "a=b",
            "-l",
            "flag",
            "-h",
            "box",
            "-p",
            "127.0.0.1:8080:80",
            "-p",
            "53:53/udp",
            "busybox",
            "-c",
            "echo $A");

    ContainerConfig container = request.container().build();
    assertThat(container.getCommandList()).containsExactly("/bin/sh");
    assertThat(container.getArgsList()).containsExactly("-c", "echo $A");
    assertThat(container.getWorkingDir()).isEqualTo("/work");
    assertThat(container.getEnvsList().stream().map(RunRequestTest::text))
        .containsExactly("A=b=c", "HOME=/home/joe", "EMPTY=");
    var resources = container.getLinux().getResources();
    assertThat(resources.getCpuPeriod()).isEqualTo(100_000);
    assertThat(resources.getCpuQuota()).isEqualTo(150_000);
    assertThat(resources.getMemoryLimitInBytes()).isEqualTo(64 << 20);
    var security = container.getLinux().getSecurityContext();
    assertThat(security.getRunAsUser().getValue()).isEqualTo(1000);
    assertThat(security.getRunAsGroup().getValue()).isEqualTo(100);
    assertThat(security.getReadonlyRootfs()).isTrue();
    assertThat(security.getCapabilities().getAddCapabilitiesList()).containsExactly("NET_ADMIN");
    assertThat(security.getCapabilities().getDropCapabilitiesList()).containsExactly("ALL");
    assertThat(container.getLabelsMap())
        .containsEntry("a", "b")
        .containsEntry("flag", "")
        .containsEntry("io.kubernetes.pod.name", "Web_1");

    PodSandboxConfig pod = request.sandbox();
    assertThat(pod.getHostname()).isEqualTo("box");
    assertThat(pod.getPortMappingsList())
        .containsExactly(
            PortMapping.newBuilder()
                .setHostIp("127.0.0.1")
                .setHostPort(8080)
                .setContainerPort(80)
                .build(),
            PortMapping.newBuilder()
                .setHostPort(53)
                .setContainerPort(53)
                .setProtocol(Protocol.UDP)
                .build());
  }

  @Test
  void hostNetworkTakesNoHostNameAndNoPorts() {
    PodSandboxConfig pod = request("--network", "host", "busybox").sandbox();

    assertThat(pod.getHostname()).isEmpty();
    assertThat(pod.getLinux().getSecurityContext().getNamespaceOptions().getNetwork())
        .isEqualTo(NamespaceMode.NODE);
    RunRequest named = request("--network", "host", "-h", "box", "busybox");
    assertThatThrownBy(named::sandbox).hasMessage("--hostname does not go with --network host");
    RunRequest published = request("--network", "host", "-p", "80:80", "busybox");
    assertThatThrownBy(published::sandbox).hasMessage("--publish does not go with --network host");
  }

  @Test
  void privilegedContainerHasAPrivilegedPodAndNoMaskedPaths() {
    RunRequest request = request("--privileged", "busybox");

    assertThat(request.sandbox().getLinux().getSecurityContext().getPrivileged()).isTrue();
    var security = request.container().getLinux().getSecurityContext();
    assertThat(security.getPrivileged()).isTrue();
    assertThat(security.getMaskedPathsList()).isEmpty();
  }

  @Test
  void userNameIsLeftToTheDaemonToResolve() {
    var security =
        request("-u", "www-data:33", "busybox").container().getLinux().getSecurityContext();

    assertThat(security.getRunAsUsername()).isEqualTo("www-data");
    assertThat(security.hasRunAsUser()).isFalse();
    assertThat(security.getRunAsGroup().getValue()).isEqualTo(33);
  }

  @ParameterizedTest
  @CsvSource({
    "/a:/b, /a, /b, false, PROPAGATION_PRIVATE",
    "/a/../c:/b:rw, /c, /b, false, PROPAGATION_PRIVATE",
    "/a:/b:ro, /a, /b, true, PROPAGATION_PRIVATE",
    "'/a:/b:ro,rslave', /a, /b, true, PROPAGATION_HOST_TO_CONTAINER",
    "/a:/b:rshared, /a, /b, false, PROPAGATION_BIDIRECTIONAL",
  })
  void volumesBecomeMounts(
      String text, String host, String target, boolean readOnly, MountPropagation propagation) {
    assertThat(request("-v", text, "busybox").container().getMountsList())
        .containsExactly(
            Mount.newBuilder()
                .setHostPath(host)
                .setContainerPath(target)
                .setReadonly(readOnly)
                .setPropagation(propagation)
                .build());
  }

  @Test
  void relativeVolumeIsBelowTheWorkingDirectory() {
    assertThat(request("-v", "./x:/b", "busybox").container().getMounts(0).getHostPath())
        .isEqualTo(Path.of("x").toAbsolutePath().toString());
  }

  @Test
  void optionsThatCriHasNoFieldsForAreJsonInAnAnnotation() {
    RunRequest request =
        request(
            "--ulimit=nofile=5:9",
            "--ulimit=core=-1",
            "--stop-timeout=3",
            "--tmpfs=/run:size=1m",
            "-v=data:/data:nocopy",
            "--add-host=db:192.0.2.1",
            "--add-host=six:[2001:db8::1]",
            "--shm-size=1m",
            "--storage-opt=size=5m",
            "busybox");
    assertThat(request.container().getAnnotationsOrThrow("io.jukung.options"))
        .isEqualTo(
            "{\"withoutCopy\":[\"/data\"],\"tmpfs\":[{\"path\":\"/run\",\"options\":[\"nosuid\",\"nodev\","
                + "\"noexec\",\"size=1m\"]}],\"ulimits\":[{\"name\":\"nofile\",\"soft\":5,\"hard\":9},"
                + "{\"name\":\"core\",\"soft\":-1,\"hard\":-1}],\"stopTimeoutSeconds\":3,"
                + "\"writableLayerBytes\":5242880}");
    assertThat(request.sandbox().getAnnotationsOrThrow("io.jukung.options"))
        .isEqualTo(
            "{\"hosts\":[{\"address\":\"192.0.2.1\",\"name\":\"db\"},"
                + "{\"address\":\"2001:db8::1\",\"name\":\"six\"}],\"shmBytes\":1048576}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ulimit=nofile",
        "--ulimit=files=1",
        "--ulimit=nofile=a",
        "--stop-timeout=-1",
        "--add-host=db",
        "--add-host=db:",
        "--add-host=:192.0.2.1",
        "--add-host=db:example.org",
        "--add-host=db:1.2.3",
        "--storage-opt=5m",
        "--storage-opt=size=big",
        "--shm-size=big"
      })
  void optionsWithoutMeaningAreRefused(String option) {
    RunRequest request = request(option, "busybox");
    assertThatThrownBy(
            () -> {
              var _ = request.sandbox();
              var _ = request.container();
            })
        .isInstanceOf(CliException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"80-79", "1-2:3", "0:80", "80:0", "65536:80", "a:80", "80:80/icmp", "1.2.3:80:80"})
  void textsThatAreNotPortMappingsAreRefused(String text) {
    RunRequest request = request("-p", text, "busybox");
    assertThatThrownBy(request::sandbox).isInstanceOf(CliException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":0", "joe:staff", "1:2:3", "99999999999999999999"})
  void textsThatAreNotUsersAreRefused(String text) {
    RunRequest request = request("-u", text, "busybox");
    assertThatThrownBy(request::container).isInstanceOf(CliException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0.001", "-1", "100001"})
  void cpusOutOfRangeAreRefused(String text) {
    RunRequest request = request("--cpus=" + text, "busybox");
    assertThatThrownBy(request::container).isInstanceOf(CliException.class);
  }

  private static RunRequest request(String... arguments) {
    Holder holder = new Holder();
    new CommandLine(holder)
        .setStopAtPositional(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(arguments);
    var environment =
        new CliEnvironment(
            InputStream.nullInputStream(),
            System.out,
            System.err,
            false,
            Map.of("HOME", "/home/joe"),
            InstantSource.system(),
            new OwnProcess());
    return RunRequest.of(holder.options, "Web_1", "uid", environment);
  }

  private static String text(KeyValue variable) {
    return variable.getKey() + "=" + variable.getValue().toStringUtf8();
  }

  private static String podOptions(String... arguments) {
    return request(arguments)
        .sandbox()
        .getAnnotationsOrDefault("io.jukung.options", "")
        .replace("\"", "'");
  }

  @Test
  void networksOfUsersAreOptionsOfThePod() {
    assertThat(podOptions("--network", "front", "busybox"))
        .isEqualTo("{'networks':[{'network':'front','aliases':[],'links':{}}]}");
    assertThat(
            podOptions(
                "--net=front",
                "--net-alias=www",
                "--link=db:store",
                "--ip=10.1.2.3",
                "--mac-address=02:00:00:00:00:01",
                "--network=back",
                "busybox"))
        .isEqualTo(
            "{'networks':[{'network':'front','aliases':['www'],'links':{'store':'db'},"
                + "'ip':'10.1.2.3','mac':'02:00:00:00:00:01'},{'network':'back'}]}");
    assertThat(podOptions("--network", "none", "busybox")).contains("'network':'none'");
    assertThat(podOptions("--network", "bridge", "busybox")).isEmpty();
    assertThat(podOptions("--network", "pod", "busybox")).isEmpty();
  }

  @Test
  void hardwareAddressInTheNetworkOfAllPodsIsAnAnnotation() {
    assertThat(
            request("--mac-address", "02:00:00:00:00:01", "busybox").sandbox().getAnnotationsMap())
        .containsExactly(Map.entry("io.jukung.mac", "02:00:00:00:00:01"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ip=10.0.0.1",
        "--network-alias=x",
        "--link=x",
        "--network=host --mac-address=02:00:00:00:00:01",
        "--network=host --network=front",
        "--network=container:",
        "--network=container:x --network=bridge",
        "--network=container:x -p=80",
        "--network=container:x --network-alias=y",
        "--network=front --link=a:b:c",
      })
  void optionsThatTheNetworkCannotHaveAreRefused(String options) {
    assertThatThrownBy(() -> request((options + " busybox").split(" ")).sandbox())
        .isInstanceOf(CliException.class);
  }
}
