package io.jukung.image.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The words of instructions, and what ARG and ENV mean at which place. */
class VariablesTest {
  private static final Map<String, String> SEEN =
      Map.of("A", "1", "EMPTY", "", "FILE", "dir/app.tar.gz", "S", "x y");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "$A ${A}b $Ab            | [1, 1b, ]",
        "'$A' \"$A\" \\$A        | [$A, 1, $A]",
        "a\\ b \"c d\" 'e f'     | [a b, c d, e f]",
        "\"a\\\"b\\c\"           | [a\"b\\c]",
        "$ a$ $1                 | [$, a$, $1]",
        "${X:-d} ${EMPTY:-d} ${EMPTY-d} ${A:-d} | [d, d, , 1]",
        "${X:+s} ${EMPTY:+s} ${EMPTY+s} ${A:+s} | [, , s, s]",
        "${X:-${A}} ${X:-$A-$A}  | [1, 1-1]",
        "${X:-a b}               | [a b]",
        "${A:?no} ${EMPTY?no}    | [1, ]",
        "${FILE#*/} ${FILE##*a}  | [app.tar.gz, r.gz]",
        "${FILE%.*} ${FILE%%.*}  | [dir/app.tar, dir/app]",
        "${FILE/a/o} ${FILE//a/o} | [dir/opp.tar.gz, dir/opp.tor.gz]",
        "${FILE#x} ${FILE%x}     | [dir/app.tar.gz, dir/app.tar.gz]",
        "$S                      | [x y]",
      })
  void wordsAreExpanded(String text, String words) {
    assertThat(InstructionWords.split(text, SEEN, '\\')).hasToString(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"'a", "\"a", "${A", "${}", "${A!b}", "${A:b}", "${X:?gone}", "${A/b}"})
  void wordsThatCannotBeExpandedAreRefused(String text) {
    assertThatThrownBy(() -> InstructionWords.split(text, SEEN, '\\'))
        .isInstanceOf(CriException.class)
        .hasMessageContaining(text);
  }

  @Test
  void otherEscapeLeavesBackslashesAlone() {
    assertThat(InstructionWords.split("c:\\a`$A \"`\"\"", SEEN, '`'))
        .isEqualTo(List.of("c:\\a$A", "\""));
  }

  // ── ARG and ENV ────────────────────────────────────────────────────────────────────────────

  private static final Dockerfile FILE =
      DockerfileParser.parse(
          """
          ARG VERSION=1
          ARG IMAGE=app:$VERSION
          FROM $IMAGE
          ARG VERSION
          ARG OTHER=o$VERSION
          ARG UNSET
          FROM x
          """);

  private static Variables stage(Map<String, String> given, Map<String, String> environment) {
    Map<String, String> global = Variables.ofFile(FILE, given, Map.of("TARGETARCH", "arm64"));
    Variables variables = Variables.ofStage(given, global, Optional.empty(), environment, '\\');
    FILE.stages().getFirst().instructions().forEach(variables::declare);
    return variables;
  }

  @Test
  void argumentsBeforeTheFirstStageAreSeenByFrom() {
    assertThat(Variables.ofFile(FILE, Map.of(), Map.of("TARGETARCH", "arm64")))
        .isEqualTo(Map.of("VERSION", "1", "IMAGE", "app:1", "TARGETARCH", "arm64"));
    assertThat(Variables.ofFile(FILE, Map.of("VERSION", "2", "NOBODY", "x"), Map.of()))
        .isEqualTo(Map.of("VERSION", "2", "IMAGE", "app:2"));
  }

  @Test
  void stageSeesWhatItHasNamed() {
    assertThat(stage(Map.of(), Map.of()).seen()).isEqualTo(Map.of("VERSION", "1", "OTHER", "o1"));
    assertThat(stage(Map.of("VERSION", "2", "UNSET", "u", "NOBODY", "x"), Map.of()).seen())
        .isEqualTo(Map.of("VERSION", "2", "OTHER", "o2", "UNSET", "u"));
  }

  @Test
  void environmentWinsOverArguments() {
    Variables variables = stage(Map.of("VERSION", "2"), Map.of("VERSION", "image"));
    assertThat(variables.seen()).containsEntry("VERSION", "image").containsEntry("OTHER", "oimage");
    variables.set("OTHER", "set");
    assertThat(variables.seen()).containsEntry("OTHER", "set");
  }

  @Test
  void stageHasTheArgumentsOfTheStageBelow() {
    Variables below = stage(Map.of("VERSION", "2"), Map.of());
    Variables above =
        Variables.ofStage(Map.of(), Map.of(), Optional.of(below), Map.of("E", "e"), '\\');
    assertThat(above.seen()).isEqualTo(Map.of("VERSION", "2", "OTHER", "o2", "E", "e"));
  }

  @Test
  void proxiesReachRunWithoutAnArgument() {
    Map<String, String> given = Map.of("HTTPS_PROXY", "http://p", "NOBODY", "x");
    Variables variables = Variables.ofStage(given, Map.of(), Optional.empty(), Map.of(), '\\');
    assertThat(variables.seen()).isEmpty();
    assertThat(variables.ofRun()).isEqualTo(Map.of("HTTPS_PROXY", "http://p"));
  }
}
