package io.jukung.cli.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTextTest {
  @ParameterizedTest
  @CsvSource({
    "plain-name_1, plain-name_1",
    "größe, größe",
    "'a\u001b[31mb', 'a\\u001b[31mb'",
    "'a\nb', 'a\\u000ab'",
    "'a\u202eb', 'a\\u202eb'",
  })
  void controlAndBidirectionalCharactersAreEscaped(String text, String escaped) {
    assertThat(TerminalText.escape(text)).isEqualTo(escaped);
  }

  @Test
  void tableEscapesItsCells() {
    Table table = new Table("NAME");
    table.row("a\u001b]0;title\u0007");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    table.print(new PrintStream(out, true, UTF_8));
    assertThat(out.toString(UTF_8)).isEqualTo("NAME\na\\u001b]0;title\\u0007\n");
  }
}
