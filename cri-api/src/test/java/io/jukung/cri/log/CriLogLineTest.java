package io.jukung.cri.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.log.CriLogLine.Stream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CriLogLineTest {
  private static final String TIME = "2026-11-21T01:02:03.456789012Z";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        " stdout F hello world|STDOUT|true|hello world",
        " stderr F hello|STDERR|true|hello",
        " stdout P half a |STDOUT|false|half a ",
        " stdout F  two spaces |STDOUT|true| two spaces ",
        " stdout F |STDOUT|true|''",
        " stdout F|STDOUT|true|''",
        " stdout P:more:tags x|STDOUT|false|x",
        " stdout F:more x|STDOUT|true|x",
        " stderr F größe ∞|STDERR|true|größe ∞",
        " stdout F stdout F x|STDOUT|true|stdout F x",
      })
  void lineIsParsedIntoTimeStreamTagAndContent(
      String line, Stream stream, boolean complete, String content) {
    assertThat(CriLogLine.parse((TIME + line).getBytes(UTF_8)))
        .hasValueSatisfying(
            parsed -> {
              assertThat(parsed.timestamp()).isEqualTo(TIME);
              assertThat(parsed.stream()).isEqualTo(stream);
              assertThat(parsed.complete()).isEqualTo(complete);
              assertThat(new String(parsed.content(), UTF_8)).isEqualTo(content);
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "  ",
        "   ",
        "hello",
        TIME,
        TIME + " stdout",
        TIME + " stdin F x",
        TIME + " stdout X y",
        TIME + " stdout  y",
        " stdout F x",
        "{\"log\":\"docker\"}",
      })
  void lineInAnotherFormatIsRefused(String line) {
    assertThat(CriLogLine.parse(line.getBytes(UTF_8))).isEmpty();
  }

  @Test
  void contentMayBeAnyBytes() {
    var random = new Random(42);
    for (int i = 0; i < 1_000; i++) {
      byte[] head = (TIME + " stdout F ").getBytes(UTF_8);
      byte[] content = new byte[random.nextInt(100)];
      random.nextBytes(content);
      byte[] line = java.util.Arrays.copyOf(head, head.length + content.length);
      System.arraycopy(content, 0, line, head.length, content.length);

      assertThat(CriLogLine.parse(line))
          .hasValueSatisfying(parsed -> assertThat(parsed.content()).isEqualTo(content));
    }
  }

  @Test
  void randomBytesNeverThrow() {
    var random = new Random(43);
    byte[] alphabet = "stdouterr FP:2026-TZ \t".getBytes(UTF_8);
    for (int i = 0; i < 20_000; i++) {
      byte[] line = new byte[random.nextInt(40)];
      for (int j = 0; j < line.length; j++) {
        line[j] = alphabet[random.nextInt(alphabet.length)];
      }
      assertThat(CriLogLine.parse(line)).isNotNull();
    }
  }
}
