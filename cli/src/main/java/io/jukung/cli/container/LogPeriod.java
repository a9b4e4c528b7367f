package io.jukung.cli.container;

import io.jukung.cri.log.CriLogLine;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * The time of which a user wants the lines of a log.
 *
 * @param since null: from the beginning
 * @param until null: to the end
 */
record LogPeriod(@Nullable Instant since, @Nullable Instant until) {
  /** Whether a line belongs to the period. One whose time cannot be read does. */
  boolean contains(byte[] line) {
    if (since == null && until == null) {
      return true;
    }
    return CriLogLine.parse(line).map(CriLogLine::timestamp).map(this::containsTime).orElse(true);
  }

  private boolean containsTime(String timestamp) {
    try {
      Instant time = OffsetDateTime.parse(timestamp).toInstant();
      return (since == null || !time.isBefore(since)) && (until == null || !time.isAfter(until));
    } catch (DateTimeParseException e) {
      return true;
    }
  }
}
