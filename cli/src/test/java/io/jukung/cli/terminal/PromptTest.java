package io.jukung.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PromptTest {
  private static String password(String keys) throws IOException {
    return Prompt.password(new ByteArrayInputStream(keys.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void passwordEndsWithReturnAndCanBeCorrected() throws IOException {
    assertThat(password("secret\rmore")).isEqualTo("secret");
    assertThat(password("sä\u007fecre\bet\n")).isEqualTo("secret");
    assertThat(password("wrong\u0015right\r")).isEqualTo("right");
    assertThat(password("\u007f\u007fx\r")).isEqualTo("x");
    assertThat(password("end\u0004")).isEqualTo("end");
    assertThat(password("gone")).isEqualTo("gone");
  }

  @Test
  void interruptAndEndlessInputGiveUp() {
    assertThatThrownBy(() -> password("half\u0003\r"))
        .isInstanceOf(CliException.class)
        .hasMessage("interrupted");
    assertThatThrownBy(() -> password("x".repeat(70_000)))
        .isInstanceOf(CliException.class)
        .hasMessage("the line is too long");
  }
}
