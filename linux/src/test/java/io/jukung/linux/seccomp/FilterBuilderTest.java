package io.jukung.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tests how filters are compiled. Tests of their decisions are in the runtime, with the profiles.
 */
class FilterBuilderTest {
  private static final Action ALLOW = Action.named("SCMP_ACT_ALLOW", null).orElseThrow();
  private static final Action REFUSE = Action.named("SCMP_ACT_ERRNO", null).orElseThrow();

  @Test
  void libseccompIsInstalled() {
    assertThat(FilterBuilder.missing()).isEmpty(); // dist/prerequisites installs it
  }

  @Test
  void unknownArchitecturesAndCallsAreReported() throws IOException {
    try (FilterBuilder builder = FilterBuilder.open(ALLOW)) {
      assertThat(builder.addArchitecture("z80")).isFalse();
      assertThat(builder.rule(REFUSE, "chmod_at_large", List.of())).isFalse();
      assertThat(builder.rule(REFUSE, "fchmodat", List.of())).isTrue();
      assertThat(builder.rule(REFUSE, "fchmodat", List.of())).as("the same rule again").isTrue();
      assertThat(builder.rule(ALLOW, "close", List.of()))
          .as("a rule with the default action")
          .isTrue();
      assertThat(builder.build(4))
          .satisfies(filter -> assertThat(filter.count()).isPositive())
          .satisfies(filter -> assertThat(filter.flags()).isEqualTo(4));
    }
  }

  @Test
  void actionsContainTheirErrorNumber() {
    assertThat(Action.named("SCMP_ACT_ERRNO", null)).contains(new Action(0x50000 | Errno.EPERM));
    assertThat(Action.named("SCMP_ACT_ERRNO", Errno.ENOSYS))
        .contains(new Action(0x50000 | Errno.ENOSYS));
    assertThat(Action.named("SCMP_ACT_ERRNO", 0x10000)).isEmpty();
    assertThat(Action.named("SCMP_ACT_SHRUG", null)).isEmpty();
  }

  @Test
  void unknownDefaultActionIsRefused() {
    assertThatThrownBy(() -> FilterBuilder.open(new Action(0x12345678)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("default action");
  }
}
