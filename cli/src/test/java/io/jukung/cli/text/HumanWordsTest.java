package io.jukung.cli.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanWordsTest {
  @ParameterizedTest
  @CsvSource({
    "-5, Less than a second", "0, Less than a second", "1, 1 second", "59, 59 seconds",
    "60, About a minute", "119, About a minute", "120, 2 minutes", "3599, 59 minutes",
    "3600, About an hour", "7200, 2 hours", "172799, 47 hours", "172800, 2 days",
    "1209600, 2 weeks", "5184000, 2 months", "63072000, 2 years",
  })
  void timeSpansAreWrittenInDockersWords(long seconds, String words) {
    assertThat(HumanTime.span(Duration.ofSeconds(seconds))).isEqualTo(words);
  }

  @Test
  void timeThatIsNotSetIsADash() {
    var clock = InstantSource.fixed(Instant.ofEpochSecond(100));
    assertThat(HumanTime.ago(0, clock)).isEqualTo("-");
    assertThat(HumanTime.ago(40_000_000_000L, clock)).isEqualTo("About a minute ago");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "999, 999B",
    "1000, 1kB",
    "1234, 1.23kB",
    "12345, 12.3kB",
    "123456, 123kB",
    "999499, 999kB",
    "999500, 1MB",
    "4210000, 4.21MB",
    "9995000, 10MB",
    "1000000000, 1GB",
    "9223372036854775807, 9.22EB",
  })
  void sizesHaveThreeSignificantDigits(long bytes, String text) {
    assertThat(HumanSize.format(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "sha256:0123456789abcdef, 0123456789ab",
    "0123456789abcdef, 0123456789ab",
    "abc, abc",
    "'', ''"
  })
  void idsAreShortenedToTwelveDigits(String id, String shortId) {
    assertThat(ShortId.of(id)).isEqualTo(shortId);
  }

  @Test
  void tableColumnsAreAlignedWithoutTrailingSpaces() {
    Table table = new Table("NAME", "X");
    table.row("a", "");
    table.row("longer", "y");
    var out = new ByteArrayOutputStream();

    table.print(new PrintStream(out, true));

    assertThat(out).hasToString("NAME     X\na\nlonger   y\n");
    assertThatThrownBy(() -> table.row("one")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tableCellsArePrintedAsTheyAreEvenIfTheyLookLikeMarkup() {
    Table table = new Table("NAME");
    table.row("@|bold web|@");
    var out = new ByteArrayOutputStream();

    table.print(new PrintStream(out, true));

    assertThat(out).hasToString("NAME\n@|bold web|@\n");
  }
}
