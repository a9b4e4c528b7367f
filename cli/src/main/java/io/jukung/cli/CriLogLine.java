package io.jukung.cli;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One line of a CRI log file: {@code 2026-01-02T03:04:05.678901234Z stdout F text}.
 *
 * @param complete whether the container's own line ends here; a long one is cut into partial ones
 * @param content without the line's end
 */
record CriLogLine(String timestamp, Stream stream, boolean complete, byte[] content) {
  enum Stream {
    STDOUT,
    STDERR
  }

  /** Empty where the bytes are no such line: a file that something else has written to. */
  static Optional<CriLogLine> parse(byte[] line) {
    int timeEnd = indexOf(line, ' ', 0);
    int streamEnd = indexOf(line, ' ', timeEnd + 1);
    int tagEnd = indexOf(line, ' ', streamEnd + 1);
    if (timeEnd <= 0 || streamEnd < 0) {
      return Optional.empty();
    }
    // An empty line may end with its tag.
    int tagStop = tagEnd < 0 ? line.length : tagEnd;
    String tags = text(line, streamEnd + 1, tagStop);
    Stream stream =
        switch (text(line, timeEnd + 1, streamEnd)) {
          case "stdout" -> Stream.STDOUT;
          case "stderr" -> Stream.STDERR;
          default -> null;
        };
    if (stream == null || !(isPartial(tags) || isFull(tags))) {
      return Optional.empty();
    }
    int start = Math.min(tagStop + 1, line.length);
    byte[] content = Arrays.copyOfRange(line, start, line.length);
    return Optional.of(new CriLogLine(text(line, 0, timeEnd), stream, isFull(tags), content));
  }

  /** Tags stand between colons; the first says this. */
  static boolean isPartial(String tags) {
    return tags.equals("P") || tags.startsWith("P:");
  }

  private static boolean isFull(String tags) {
    return tags.equals("F") || tags.startsWith("F:");
  }

  private static int indexOf(byte[] line, char wanted, int from) {
    for (int i = Math.max(0, from); from >= 0 && i < line.length; i++) {
      if (line[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] line, int from, int to) {
    return new String(line, from, to - from, StandardCharsets.US_ASCII);
  }
}
