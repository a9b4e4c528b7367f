package io.jukung.linux.net;

import static io.jukung.linux.fs.OpenFlags.O_RDONLY;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The traffic counters of one network interface (/proc/net/dev, proc_net(5)). */
public record InterfaceCounters(String name, Direction received, Direction sent) {
  private static final String OWN = "/proc/thread-self/net/dev";

  /** Room for some 30 interfaces. A pod has two. */
  private static final int CHUNK = 4096;

  private static final int HEADER_LINES = 2;
  private static final int FIELDS = 16;
  private static final int FIRST_SENT = 8;

  /** The counters of one direction. */
  public record Direction(long bytes, long packets, long errors, long dropped) {}

  /** Returns the counters of all interfaces in the network namespace of the calling thread. */
  public static List<InterfaceCounters> read() throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream(CHUNK);
    byte[] chunk = new byte[CHUNK];
    try (Fd file = HostFile.open(OWN, O_RDONLY, 0)) {
      int count;
      while ((count = file.read(chunk, 0, CHUNK)) > 0) {
        content.write(chunk, 0, count);
      }
    }
    return parse(content.toString(StandardCharsets.US_ASCII));
  }

  static List<InterfaceCounters> parse(String text) throws IOException {
    List<InterfaceCounters> interfaces = new ArrayList<>();
    int start = 0;
    for (int line = 0; start < text.length(); line++) {
      int newline = text.indexOf('\n', start);
      int end = newline < 0 ? text.length() : newline;
      if (line >= HEADER_LINES) {
        interfaces.add(parseLine(text, start, end));
      }
      start = end + 1;
    }
    return interfaces;
  }

  private static InterfaceCounters parseLine(String text, int start, int end) throws IOException {
    int colon = text.indexOf(':', start, end); // a name never contains a colon
    long[] fields = new long[FIELDS];
    int found = 0;
    for (int at = colon + 1; colon >= 0 && at < end && found < FIELDS; ) {
      if (text.charAt(at) == ' ') {
        at++;
        continue;
      }
      int space = text.indexOf(' ', at, end);
      int after = space < 0 ? end : space;
      fields[found++] = Long.parseLong(text, at, after, /* radix= */ 10);
      at = after;
    }
    if (found < FIELDS) {
      throw new IOException("malformed line of /proc/net/dev: " + text.substring(start, end));
    }
    return new InterfaceCounters(
        text.substring(start, colon).trim(), direction(fields, 0), direction(fields, FIRST_SENT));
  }

  private static Direction direction(long[] fields, int first) {
    return new Direction(fields[first], fields[first + 1], fields[first + 2], fields[first + 3]);
  }
}
