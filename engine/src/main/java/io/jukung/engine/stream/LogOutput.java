package io.jukung.engine.stream;

import io.jukung.cri.log.CriLogLine;
import io.jukung.engine.stream.Frames.Output;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/** The lines of a container's log as a client wants them. Used by one thread. */
final class LogOutput {
  private final Frames frames;
  private final boolean stdout;
  private final boolean stderr;
  private final boolean timestamps;
  private final @Nullable Instant since;
  private final @Nullable Instant until;

  /** The outputs in the middle of a line, the time of which is sent already. */
  private final EnumSet<Output> midLine = EnumSet.noneOf(Output.class);

  LogOutput(
      Frames frames,
      boolean stdout,
      boolean stderr,
      boolean timestamps,
      @Nullable Instant since,
      @Nullable Instant until) {
    this.frames = frames;
    this.stdout = stdout;
    this.stderr = stderr;
    this.timestamps = timestamps;
    this.since = since;
    this.until = until;
  }

  /**
   * Sends a line of the log file, if it is wanted.
   *
   * @throws UncheckedIOException if the client is gone
   */
  void line(byte[] raw) {
    CriLogLine.parse(raw).ifPresent(this::line);
  }

  private void line(CriLogLine line) {
    Output output =
        switch (line.stream()) {
          case STDOUT -> Output.STDOUT;
          case STDERR -> Output.STDERR;
        };
    if (!(output == Output.STDOUT ? stdout : stderr) || !isInPeriod(line.timestamp())) {
      return;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(line.content().length + 40);
    if (timestamps && !midLine.contains(output)) {
      bytes.writeBytes((line.timestamp() + " ").getBytes(StandardCharsets.US_ASCII));
    }
    bytes.writeBytes(line.content());
    if (line.complete()) {
      bytes.write('\n');
      midLine.remove(output);
    } else {
      midLine.add(output);
    }
    try {
      frames.write(output, bytes.toByteArray(), 0, bytes.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isInPeriod(String timestamp) {
    if (since == null && until == null) {
      return true;
    }
    try {
      Instant time = OffsetDateTime.parse(timestamp).toInstant();
      return (since == null || !time.isBefore(since)) && (until == null || !time.isAfter(until));
    } catch (DateTimeParseException e) {
      return true;
    }
  }

  /** Whether every later line is after the period. */
  boolean isOver(Instant now) {
    return until != null && now.isAfter(until);
  }
}
