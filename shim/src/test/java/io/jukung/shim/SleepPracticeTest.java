package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SleepPracticeTest {
  @Test
  void readsTheStateThatItHasWritten() throws Exception {
    SavedPod read = SleepPractice.run();
    assertThat(read.sandboxId()).isEqualTo("sandbox");
    assertThat(read.containers()).hasSize(1);
    assertThat(read.containers().getFirst().outputs()).hasSize(1);
  }
}
