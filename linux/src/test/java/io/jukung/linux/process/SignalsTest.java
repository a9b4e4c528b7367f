package io.jukung.linux.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalsTest {
  @ParameterizedTest
  @CsvSource({
    "SIGTERM, 15",
    "TERM, 15",
    "term, 15",
    "sigkill, 9",
    "15, 15",
    "64, 64",
    "SIGIOT, 6",
    "SIGPOLL, 29",
    "SIGRTMIN, 34",
    "SIGRTMIN+3, 37",
    "RTMIN+30, 64",
    "RTMAX-1, 63",
    "SIGRTMAX, 64",
    "SIGRTMINPLUS3, 37",
    "SIGRTMAXMINUS14, 50",
    "' SIGHUP ', 1",
    "SIGSYS, 31",
  })
  void namesAndNumbersAreParsed(String text, int number) {
    assertThat(Signals.parse(text)).isEqualTo(number);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "SIG",
        "0",
        "65",
        "-1",
        "99999999999",
        "SIGRTMIN+31",
        "SIGRTMIN-1",
        "SIGRTMAX+1",
        "RTMIN+",
        "SIGRTMIN+ 3",
        "SIGNAL",
        "15.0",
        "SIGSIGTERM",
        "SIGRTMIN3",
      })
  void textsThatNameNoSignalAreRefused(String text) {
    assertThatThrownBy(() -> Signals.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }

  @Test
  void everyNumberHasANameThatParsesBack() {
    for (int number = 1; number <= Signals.SIGRTMAX; number++) {
      if (number < 32 || number >= Signals.SIGRTMIN) {
        assertThat(Signals.parse(Signals.name(number))).isEqualTo(number);
      }
    }
  }

  @Test
  void namesAreThoseOfBash() throws Exception {
    for (int number = 1; number <= 31; number++) {
      Process kill = new ProcessBuilder("bash", "-c", "kill -l " + number).start();
      String name = new String(kill.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(Signals.name(number)).isEqualTo("SIG" + name.strip());
    }
  }
}
