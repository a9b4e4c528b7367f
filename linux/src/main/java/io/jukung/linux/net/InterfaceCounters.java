package io.jukung.linux.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The traffic counters of one network interface (/proc/net/dev, proc_net(5)). */
public record InterfaceCounters(String name, Direction received, Direction sent) {
  private static final Path OWN = Path.of("/proc/thread-self/net/dev");
  private static final int HEADER_LINES = 2;
  private static final int FIELDS = 16;
  private static final int FIRST_SENT = 8;

  /** The counters of one direction. */
  public record Direction(long bytes, long packets, long errors, long dropped) {}

  /** Returns the counters of all interfaces in the network namespace of the calling thread. */
  public static List<InterfaceCounters> read() throws IOException {
    return parse(new String(Files.readAllBytes(OWN), StandardCharsets.US_ASCII));
  }

  static List<InterfaceCounters> parse(String text) throws IOException {
    List<InterfaceCounters> interfaces = new ArrayList<>();
    for (String line : text.lines().skip(HEADER_LINES).toList()) {
      int colon = line.indexOf(':'); // a name never contains a colon
      String[] fields = line.substring(colon + 1).trim().split(" +", -1);
      if (colon < 0 || fields.length < FIELDS) {
        throw new IOException("malformed line of /proc/net/dev: " + line);
      }
      interfaces.add(
          new InterfaceCounters(
              line.substring(0, colon).trim(),
              direction(fields, 0),
              direction(fields, FIRST_SENT)));
    }
    return interfaces;
  }

  private static Direction direction(String[] fields, int first) {
    return new Direction(
        Long.parseLong(fields[first]),
        Long.parseLong(fields[first + 1]),
        Long.parseLong(fields[first + 2]),
        Long.parseLong(fields[first + 3]));
  }
}
