package io.jukung.linux.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProcessOriginTest {
  @Test
  void nameOfAProgramMayLookLikeOtherFields() {
    assertThat(ProcessOrigin.parse("77 (a) S 1 2 (b) R 12 34 56 7 8 9 0"))
        .isEqualTo(new ProcessOrigin(12, 56));
  }

  @Test
  void childHasItsParentAndSession() throws Exception {
    Process child = new ProcessBuilder("setsid", "--wait", "sleep", "1000").start();
    try {
      assertThat(ProcessOrigin.of((int) child.pid()).orElseThrow().parent())
          .isEqualTo((int) ProcessHandle.current().pid());
    } finally {
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly().waitFor();
    }
    assertThat(ProcessOrigin.of((int) child.pid())).isEqualTo(Optional.empty());
  }
}
