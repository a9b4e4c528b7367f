package io.jukung.image.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IgnoreFileTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a                | a         | true",
        "a                | a/b/c     | true",
        "a                | b/a       | false",
        "a                | ab        | false",
        "/a               | a         | true",
        "a/               | a/b       | true",
        "./a/../b         | b         | true",
        "*.md             | x.md      | true",
        "*.md             | d/x.md    | false",
        "**/*.md          | x.md      | true",
        "**/*.md          | d/e/x.md  | true",
        "a/**             | a/b/c     | true",
        "a/**/z           | a/z       | true",
        "a/**/z           | a/b/c/z   | true",
        "*/temp*          | d/temp1/x | true",
        "temp?            | tempa     | true",
        "temp?            | temp      | false",
        "[a-c]x           | bx        | true",
        "[^a]x            | ax        | false",
        "a\\*b            | a*b       | true",
        "a\\*b            | acb       | false",
        "#a               | #a        | false",
        "' a '            | a         | true",
        "*;!b             | a         | true",
        "*;!b             | b         | false",
        "*;!b             | b/c       | false",
        "*;!b;b/c         | b/c       | true",
        "a;!a/keep        | a/keep    | false",
        "a;!a/keep        | a/other   | true",
        "!a;a             | a         | true",
        ".                | a         | false",
        "'';;a            | a         | true",
      })
  void lastPatternThatMatchesDecides(String text, String path, boolean excluded) {
    assertThat(IgnoreFile.parse(text.replace(';', '\n')).excludes(path)).isEqualTo(excluded);
  }

  @ParameterizedTest
  @CsvSource({"a;!, 2", "[a, 1", "a\\, 1", "x;y;[z-a], 3"})
  void patternThatCannotBeUnderstoodIsNamedWithItsLine(String text, int line) {
    assertThatThrownBy(() -> IgnoreFile.parse(text.replace(';', '\n')))
        .isInstanceOf(CriException.class)
        .hasMessageStartingWith(".dockerignore:" + line + ": ");
  }
}
