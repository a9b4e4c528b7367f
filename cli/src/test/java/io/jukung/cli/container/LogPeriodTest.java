package io.jukung.cli.container;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.TimeArgument;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogPeriodTest {
  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "10m, 2026-11-30T11:50:00Z",
    "1h30m, 2026-11-30T10:30:00Z",
    "1.5s, 2026-11-30T11:59:58.500Z",
    "0s, 2026-11-30T12:00:00Z",
    "1000000000, 2001-09-09T01:46:40Z",
    "1000000000.25, 2001-09-09T01:46:40.250Z",
    "2026-11-30T08:00:00Z, 2026-11-30T08:00:00Z",
    "2026-11-30T08:00:00+02:00, 2026-11-30T06:00:00Z",
  })
  void timesAreReadAsDockerReadsThem(String text, Instant time) {
    assertThat(TimeArgument.parse("--since", text, NOW)).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "yesterday", "10", "-5m", "5d", "2026-13-01"})
  void whatIsNoTimeIsRefusedOrSecondsSinceTheEpoch(String text) {
    if (text.equals("10")) {
      assertThat(TimeArgument.parse("--since", text, NOW)).isEqualTo(Instant.ofEpochSecond(10));
    } else {
      assertThatThrownBy(() -> TimeArgument.parse("--since", text, NOW))
          .hasMessageContaining("--since: not a time: \"" + text + "\"");
    }
  }

  private static byte[] line(String time) {
    return (time + " stdout F text").getBytes(UTF_8);
  }

  @Test
  void linesOutsideThePeriodDoNotBelongToIt() {
    LogPeriod period = new LogPeriod(NOW, NOW.plusSeconds(10));
    assertThat(period.contains(line("2026-11-30T11:59:59.999999999Z"))).isFalse();
    assertThat(period.contains(line("2026-11-30T12:00:00Z"))).isTrue();
    assertThat(period.contains(line("2026-11-30T13:00:10.000000000+01:00"))).isTrue();
    assertThat(period.contains(line("2026-11-30T12:00:10.000000001Z"))).isFalse();
    assertThat(period.contains("no log line".getBytes(UTF_8))).isTrue();
  }
}
