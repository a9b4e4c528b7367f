package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTextTest {
  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "a\nb", "a\u001bb", "a\u0085b"})
  void controlCharacterInAPathIsRefusedByTheFieldsName(String text) {
    assertThatThrownBy(() -> RequestText.path("config.log_path", text))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining("config.log_path has the control character U+")
        .hasMessageContaining("at index 1");
  }

  @Test
  void hostnameOfMoreThan64BytesIsRefused() {
    assertThat(RequestText.hostname("config.hostname", "h".repeat(64))).hasSize(64);
    assertThatThrownBy(() -> RequestText.hostname("config.hostname", "h".repeat(65)))
        .hasMessage("config.hostname has 65 bytes; a host name has at most 64");
    assertThatThrownBy(() -> RequestText.hostname("config.hostname", "é".repeat(33)))
        .hasMessageContaining("has 66 bytes");
  }

  @Test
  void pathThatTheKernelCannotTakeIsRefused() {
    String longest = ("/" + "d".repeat(255)).repeat(15) + "/" + "d".repeat(254);
    assertThat(RequestText.path("f", longest)).hasSize(4095);
    assertThatThrownBy(() -> RequestText.path("f", longest + "d"))
        .hasMessage("f has 4096 bytes; a path has at most 4095");
    assertThatThrownBy(() -> RequestText.path("f", "/" + "d".repeat(256)))
        .hasMessage("f has 256 bytes; a part of a path has at most 255");
    assertThatThrownBy(() -> RequestText.path("f", "/" + "é".repeat(128)))
        .hasMessageContaining("has 256 bytes");
  }
}
