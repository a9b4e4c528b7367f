package io.jukung.runtime.pod;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.linux.namespace.Sysctl;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PodSysctlsTest {
  private static final String PORTS = "net.ipv4.ip_unprivileged_port_start";
  private static final String PING = "net.ipv4.ping_group_range";

  private final PodSysctls defaults = new PodSysctls(settings(true, true));

  @Test
  void podWithANetworkOfItsOwnGetsUnprivilegedPortsAndPing() {
    assertThat(names(defaults, config(Map.of(), NamespaceOption.getDefaultInstance())))
        .isEqualTo(Map.of(PORTS, "0", PING, "0 2147483647"));
  }

  @Test
  void eachOfThemCanBeSwitchedOff() {
    SandboxConfig pod = config(Map.of(), NamespaceOption.getDefaultInstance());
    assertThat(names(new PodSysctls(settings(true, false)), pod)).containsOnlyKeys(PORTS);
    assertThat(names(new PodSysctls(settings(false, true)), pod)).containsOnlyKeys(PING);
    assertThat(names(new PodSysctls(settings(false, false)), pod)).isEmpty();
  }

  @Test
  void podsOwnSysctlWinsHoweverItIsWritten() {
    Map<String, String> own =
        Map.of("net/ipv4/ip_unprivileged_port_start", "80", PING, "5 6", "kernel.msgmax", "7");
    assertThat(names(defaults, config(own, NamespaceOption.getDefaultInstance()))).isEqualTo(own);
  }

  @Test
  void podOnTheHostsNetworkGetsNone() {
    NamespaceOption host = NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).build();
    assertThat(names(defaults, config(Map.of(), host))).isEmpty();
  }

  @Test
  void groupsThatMayPingAreThoseOfTheUserNamespace() {
    IDMapping mapping = IDMapping.newBuilder().setHostId(100_000).setLength(65_536).build();
    NamespaceOption user =
        NamespaceOption.newBuilder()
            .setUsernsOptions(
                UserNamespace.newBuilder()
                    .setMode(NamespaceMode.POD)
                    .addUids(mapping)
                    .addGids(mapping))
            .build();
    assertThat(names(defaults, config(Map.of(), user))).containsEntry(PING, "0 65535");
  }

  private static Map<String, String> names(PodSysctls sysctls, SandboxConfig config) {
    Map<String, String> names = new TreeMap<>();
    for (Sysctl each : sysctls.of(config)) {
      names.put(each.name(), each.value());
    }
    return names;
  }

  private static SandboxConfig config(Map<String, String> sysctls, NamespaceOption namespaces) {
    PodSandboxConfig.Builder config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder().setName("p").setNamespace("n").setUid("u"));
    config.getLinuxBuilder().putAllSysctls(sysctls);
    config.getLinuxBuilder().getSecurityContextBuilder().setNamespaceOptions(namespaces);
    return SandboxRequest.record(
            "id", 0, RunPodSandboxRequest.newBuilder().setConfig(config).build(), parent -> "")
        .config();
  }

  private static Config.Network settings(boolean ports, boolean ping) {
    return new Config.Network(ports, ping, List.of(), 24);
  }
}
