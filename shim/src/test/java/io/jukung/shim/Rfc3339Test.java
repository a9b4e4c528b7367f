package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {
  private static final DateTimeFormatter EXPECTED =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final Rfc3339 formatter = new Rfc3339();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2000-02-29T12:34:56.000000001Z",
        "1900-02-28T23:59:59.1Z",
        "1900-03-01T00:00:00Z",
        "2100-02-28T23:59:59Z",
        "2100-03-01T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "2024-12-31T23:59:59.999999999Z",
        "2026-11-21T00:00:00.123456789Z",
        "2262-04-11T23:47:16.854775807Z",
      })
  void timesAtLeapDaysAndCenturiesAreFormatted(String time) {
    assertFormats(Instant.parse(time));
  }

  @Test
  void everyDayOfFourHundredYearsIsFormatted() {
    Instant day = Instant.parse("1800-01-01T23:59:59.5Z");
    for (int i = 0; i < 146_097; i++) {
      assertFormats(day);
      day = day.plusSeconds(86_400);
    }
  }

  @Test
  void randomTimesAreFormattedAsJavaTimeDoes() {
    Random random = new Random(20_261_121);
    for (int i = 0; i < 100_000; i++) {
      long nanos = random.nextLong();
      assertFormats(Instant.EPOCH.plusNanos(nanos));
    }
  }

  @Test
  void timesWithinOneSecondDifferInTheirNanoseconds() {
    Instant second = Instant.parse("2026-11-21T10:20:30Z");
    assertFormats(second.plusNanos(1));
    assertFormats(second.plusNanos(999_999_999));
    assertFormats(second);
  }

  private void assertFormats(Instant time) {
    long nanos = time.getEpochSecond() * 1_000_000_000L + time.getNano();
    String formatted = new String(formatter.format(nanos), StandardCharsets.US_ASCII);
    if (!formatted.equals(EXPECTED.format(time))) {
      assertThat(formatted).isEqualTo(EXPECTED.format(time));
    }
  }
}
