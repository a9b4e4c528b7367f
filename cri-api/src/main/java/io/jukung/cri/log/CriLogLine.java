package io.jukung.cri.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One line of a CRI log file: {@code 2026-01-02T03:04:05.678901234Z stdout F text}.
 *
 * @param complete whether the line that the container wrote ends here; long lines are cut into
 *     parts
 * @param content without the line break
 */
public record CriLogLine(String timestamp, Stream stream, boolean complete, byte[] content) {
  public enum Stream {
    STDOUT,
    STDERR
  }

  /** Returns empty where the bytes are not in CRI's format. */
  public static Optional<CriLogLine> parse(byte[] line) {
    int timeEnd = indexOf(line, ' ', 0);
    int streamEnd = indexOf(line, ' ', timeEnd + 1);
    int tagEnd = indexOf(line, ' ', streamEnd + 1);
    if (timeEnd <= 0 || streamEnd < 0) {
      return Optional.empty();
    }
    // A line without content may end with the tag.
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

  /** Whether the first of the tags, which are separated by colons, marks a partial line. */
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
