package io.jukung.runtime.handler;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RuntimeLogTest {
  @Test
  void lastErrorIsFound() {
    assertThat(
            RuntimeLog.lastError(
                """
                {"level":"error","msg":"first","time":"t"}
                {"level":"error","msg":"runc run failed: no\\nprogram","time":"t"}
                {"level":"info","msg":"later","time":"t"}
                {"level":"error","msg":"cut o"""))
        .contains("runc run failed: no program");
  }

  @Test
  void otherTextHasNoError() {
    assertThat(RuntimeLog.lastError("")).isEmpty();
    assertThat(RuntimeLog.lastError("panic: oh\n[1, 2]\nnull\n{}\n")).isEmpty();
  }
}
