package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {
  @ParameterizedTest(name = "command={0} args={1} entrypoint={2} cmd={3}: {4}")
  @CsvSource(
      nullValues = "-",
      value = {
        "-,  -,  e,  c,  e c",
        "-,  -,  e,  -,  e",
        "-,  -,  -,  c,  c",
        "-,  a,  e,  c,  e a",
        "-,  a,  -,  c,  a",
        "k,  -,  e,  c,  k",
        "k,  a,  e,  c,  k a",
        "k,  a,  -,  -,  k a",
      })
  void containerOverridesImage(
      String command, String args, String entrypoint, String cmd, String expected) {
    ImageDefaults image = new ImageDefaults("", List.of(), words(entrypoint), words(cmd), "", "");
    assertThat(CommandLine.of(words(command), words(args), image)).isEqualTo(words(expected));
  }

  @Test
  void missingOrEmptyCommandIsAnError() {
    ImageDefaults image = new ImageDefaults("", List.of(), List.of(), List.of(), "", "");
    assertThatThrownBy(() -> CommandLine.of(List.of(), List.of(), image))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("no command");
    assertThatThrownBy(() -> CommandLine.of(List.of(""), List.of(), image))
        .hasMessageContaining("empty");
  }

  private static List<String> words(String text) {
    return text == null ? List.of() : List.of(text.split(" ", -1));
  }
}
