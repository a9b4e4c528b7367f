package io.jukung.runtime.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.cri.v1.SupplementalGroupsPolicy;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.cri.v1.WindowsPodSandboxConfig;
import io.jukung.cri.v1.WindowsSandboxSecurityContext;
import io.jukung.runtime.service.TestNode;
import io.jukung.runtime.store.SandboxRecord;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SandboxRequestTest {
  private static final int UNKNOWN = 99;

  private static Arguments refused(
      ErrorKind kind, String message, Consumer<PodSandboxConfig.Builder> change) {
    return Arguments.of(kind, message, change);
  }

  private static Arguments wrong(String message, Consumer<PodSandboxConfig.Builder> change) {
    return refused(ErrorKind.INVALID_ARGUMENT, message, change);
  }

  private static NamespaceOption.Builder namespaces(PodSandboxConfig.Builder config) {
    return security(config).getNamespaceOptionsBuilder();
  }

  private static LinuxSandboxSecurityContext.Builder security(PodSandboxConfig.Builder config) {
    return config.getLinuxBuilder().getSecurityContextBuilder();
  }

  private static PortMapping.Builder port(int container, int host) {
    return PortMapping.newBuilder().setContainerPort(container).setHostPort(host);
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refused(
            ErrorKind.UNIMPLEMENTED,
            "config.windows",
            config ->
                config.setWindows(
                    WindowsPodSandboxConfig.newBuilder()
                        .setSecurityContext(
                            WindowsSandboxSecurityContext.newBuilder().setHostProcess(true)))),
        wrong("metadata is missing", PodSandboxConfig.Builder::clearMetadata),
        wrong("log_directory", config -> config.setLogDirectory("logs")),
        wrong("network cannot be", config -> namespaces(config).setNetwork(NamespaceMode.TARGET)),
        wrong("network is unknown", config -> namespaces(config).setNetworkValue(UNKNOWN)),
        wrong("ipc cannot be", config -> namespaces(config).setIpc(NamespaceMode.CONTAINER)),
        wrong("pid cannot be", config -> namespaces(config).setPid(NamespaceMode.TARGET)),
        wrong("target_id", config -> namespaces(config).setTargetId("a")),
        wrong(
            "host's pid namespace",
            config -> {
              namespaces(config).setPid(NamespaceMode.NODE);
              UserNamespace.Builder user = namespaces(config).getUsernsOptionsBuilder();
              user.addUidsBuilder().setHostId(100_000).setLength(65_536);
              user.addGidsBuilder().setHostId(100_000).setLength(65_536);
            }),
        wrong("container_port 65536", config -> config.addPortMappings(port(65_536, 1))),
        wrong("host_port -1", config -> config.addPortMappings(port(1, -1))),
        wrong(
            "port_mappings.protocol 99",
            config -> config.addPortMappings(port(1, 1).setProtocolValue(UNKNOWN))),
        wrong(
            "resources.cpu_period",
            config ->
                config
                    .getLinuxBuilder()
                    .setResources(LinuxContainerResources.newBuilder().setCpuPeriod(1))),
        wrong(
            "resources.oom_score_adj",
            config ->
                config
                    .getLinuxBuilder()
                    .setOverhead(LinuxContainerResources.newBuilder().setOomScoreAdj(5_000))),
        wrong(
            "sysctl kernel.shm_rmid_forced would change the host",
            config -> {
              namespaces(config).setIpc(NamespaceMode.NODE);
              config.getLinuxBuilder().putSysctls("kernel.shm_rmid_forced", "1");
            }));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("refusals")
  void fieldThatCannotBeCarriedOutIsRefusedByName(
      ErrorKind kind, String message, Consumer<PodSandboxConfig.Builder> change) {
    PodSandboxConfig.Builder config = TestNode.pod("web").getConfig().toBuilder();
    change.accept(config);
    assertThatThrownBy(() -> record(config))
        .isInstanceOfSatisfying(CriException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(message);
  }

  /** kubelet sets these fields, but a sandbox has no process to which they could apply. */
  @Test
  void securityOfTheSandboxProcessIsAcceptedWithoutEffect() {
    PodSandboxConfig.Builder config = TestNode.pod("web").getConfig().toBuilder();
    security(config)
        .setRunAsUser(Int64Value.newBuilder().setValue(1000))
        .setRunAsGroup(Int64Value.newBuilder().setValue(1000))
        .addSupplementalGroups(2000)
        .setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict)
        .setReadonlyRootfs(true)
        .setSeccomp(SecurityProfile.newBuilder().setProfileType(ProfileType.RuntimeDefault))
        .setApparmor(SecurityProfile.newBuilder().setProfileType(ProfileType.Unconfined));
    SandboxRecord record = record(config);
    assertThat(record.config())
        .isEqualTo(record(TestNode.pod("web").getConfig().toBuilder()).config());
  }

  private static SandboxRecord record(PodSandboxConfig.Builder config) {
    return SandboxRequest.record(
        "id",
        1,
        RunPodSandboxRequest.newBuilder().setConfig(config).build(),
        UnaryOperator.identity());
  }
}
