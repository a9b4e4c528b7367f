package io.jukung.runtime.spec;

import static io.jukung.linux.process.Capability.all;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilityRulesTest {
  private static final int ALL = all().size();

  @Test
  void containerHas14CapabilitiesByDefault() {
    Spec.Capabilities capabilities = rules(List.of(), List.of());
    assertThat(capabilities.bounding())
        .hasSize(14)
        .contains("CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE")
        .doesNotContain("CAP_SYS_ADMIN", "CAP_NET_ADMIN");
    assertThat(capabilities.effective()).isEqualTo(capabilities.bounding());
    assertThat(capabilities.permitted()).isEqualTo(capabilities.bounding());
    assertThat(capabilities.inheritable()).isEmpty();
    assertThat(capabilities.ambient()).isEmpty();
  }

  @Test
  void singleNamesOverrideAll() {
    assertThat(rules(List.of("all"), List.of()).bounding()).hasSize(ALL);
    assertThat(rules(List.of(), List.of("ALL")).bounding()).isEmpty();
    assertThat(rules(List.of("NET_ADMIN"), List.of("aLL")).bounding())
        .containsExactly("CAP_NET_ADMIN");
    assertThat(rules(List.of("ALL"), List.of("net_admin")).bounding())
        .hasSize(ALL - 1)
        .doesNotContain("CAP_NET_ADMIN");
    assertThat(rules(List.of("CAP_SYS_TIME"), List.of("CHOWN")).bounding())
        .contains("CAP_SYS_TIME")
        .doesNotContain("CAP_CHOWN");
  }

  @Test
  void unknownCapabilityIsRefused() {
    assertThatThrownBy(() -> rules(List.of("FLY"), List.of()))
        .hasMessageContaining("add_capabilities: there is no capability FLY");
    assertThatThrownBy(() -> rules(List.of(), List.of("FLY")))
        .hasMessageContaining("drop_capabilities: there is no capability FLY");
  }

  @Test
  void ambientCapabilityMustBeAllowed() {
    LinuxContainerSecurityContext allowed = ambient("NET_BIND_SERVICE");
    assertThat(CapabilityRules.of(allowed).ambient()).containsExactly("CAP_NET_BIND_SERVICE");
    assertThat(CapabilityRules.of(allowed).inheritable()).isEmpty();
    assertThatThrownBy(() -> CapabilityRules.of(ambient("SYS_ADMIN")))
        .hasMessageContaining("CAP_SYS_ADMIN");
  }

  @Test
  void privilegedContainerHasAllCapabilities() {
    LinuxContainerSecurityContext privileged =
        LinuxContainerSecurityContext.newBuilder()
            .setPrivileged(true)
            .setCapabilities(Capability.newBuilder().addDropCapabilities("ALL"))
            .build();
    assertThat(CapabilityRules.of(privileged).bounding()).hasSize(ALL);
  }

  private static LinuxContainerSecurityContext ambient(String name) {
    return LinuxContainerSecurityContext.newBuilder()
        .setCapabilities(Capability.newBuilder().addAddAmbientCapabilities(name))
        .build();
  }

  private static Spec.Capabilities rules(List<String> add, List<String> drop) {
    return CapabilityRules.of(
        LinuxContainerSecurityContext.newBuilder()
            .setCapabilities(
                Capability.newBuilder().addAllAddCapabilities(add).addAllDropCapabilities(drop))
            .build());
  }
}
