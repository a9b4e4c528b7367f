package io.jukung.linux.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.io.Pipe;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TerminalTest {
  @Test
  void sizeSetAtOneEndIsSeenAtTheOther() throws Exception {
    try (Pty pty = Pty.open()) {
      assertThat(Terminal.size(pty.slave())).isEqualTo(new Terminal.Size(0, 0));
      Terminal.resize(pty.master(), new Terminal.Size(132, 43));
      assertThat(Terminal.size(pty.slave())).isEqualTo(new Terminal.Size(132, 43));
    }
  }

  @Test
  void newlineBecomesCarriageReturnAndNewline() throws Exception {
    try (Pty pty = Pty.open()) {
      pty.slave().write("a\n".getBytes(StandardCharsets.UTF_8));
      byte[] bytes = new byte[8];
      int count = pty.master().read(bytes, 0, 8);
      assertThat(new String(bytes, 0, count, StandardCharsets.UTF_8)).isEqualTo("a\r\n");
    }
  }

  @Test
  void sizeOfAPipeFailsWithEnotty() throws Exception {
    try (Pipe pipe = Pipe.open()) {
      assertThatThrownBy(() -> Terminal.size(pipe.reader())).hasMessageContaining("ENOTTY");
    }
  }

  @Test
  void sizeOfMoreThan16BitsIsRefused() throws Exception {
    try (Pty pty = Pty.open()) {
      assertThatThrownBy(() -> Terminal.resize(pty.master(), new Terminal.Size(65536, 1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
