package io.jukung.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the filters decide is tested in the runtime, where profiles are. */
class FilterBuilderTest {
  private static final Action ALLOW = Action.named("SCMP_ACT_ALLOW", null).orElseThrow();
  private static final Action REFUSE = Action.named("SCMP_ACT_ERRNO", null).orElseThrow();

  @Test
  void libseccompIsHere() {
    assertThat(FilterBuilder.missing()).isEmpty(); // dist/prerequisites installs it
  }

  @Test
  void unknownNamesAreToldFromKnownOnes() throws IOException {
    try (FilterBuilder builder = FilterBuilder.open(ALLOW)) {
      assertThat(builder.addArchitecture("z80")).isFalse();
      assertThat(builder.rule(REFUSE, "chmod_at_large", List.of())).isFalse();
      assertThat(builder.rule(REFUSE, "fchmodat", List.of())).isTrue();
      assertThat(builder.rule(REFUSE, "fchmodat", List.of())).as("said twice").isTrue();
      assertThat(builder.rule(ALLOW, "close", List.of())).as("changes nothing").isTrue();
      assertThat(builder.build(4))
          .satisfies(filter -> assertThat(filter.count()).isPositive())
          .satisfies(filter -> assertThat(filter.flags()).isEqualTo(4));
    }
  }

  @Test
  void actionsCarryTheirErrorNumber() {
    assertThat(Action.named("SCMP_ACT_ERRNO", null)).contains(new Action(0x50000 | Errno.EPERM));
    assertThat(Action.named("SCMP_ACT_ERRNO", Errno.ENOSYS))
        .contains(new Action(0x50000 | Errno.ENOSYS));
    assertThat(Action.named("SCMP_ACT_ERRNO", 0x10000)).isEmpty();
    assertThat(Action.named("SCMP_ACT_SHRUG", null)).isEmpty();
  }

  @Test
  void defaultActionThatIsNoneIsRefused() {
    assertThatThrownBy(() -> FilterBuilder.open(new Action(0x12345678)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("default action");
  }
}
