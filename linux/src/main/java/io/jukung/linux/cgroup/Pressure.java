package io.jukung.linux.cgroup;

import java.util.HashMap;
import java.util.Map;

/**
 * Pressure stall information of one resource: how long tasks have waited for it (accounting/psi of
 * the kernel's documentation).
 *
 * @param some at least one task waited
 * @param full all tasks waited at once; kernels before 5.13 do not report it for the processor
 */
public record Pressure(Stall some, Stall full) {
  /**
   * The part of the time in which tasks waited.
   *
   * @param average10 percent of the last ten seconds
   * @param average60 percent of the last minute
   * @param average300 percent of the last five minutes
   * @param totalMicros microseconds since the cgroup was created
   */
  public record Stall(double average10, double average60, double average300, long totalMicros) {
    static final Stall NONE = new Stall(0, 0, 0, 0);
  }

  /**
   * Parses a pressure file, with lines such as {@code some avg10=0.00 avg60=0.00 avg300=0.00
   * total=0}.
   */
  public static Pressure parse(String content) {
    Map<String, Stall> stalls = new HashMap<>();
    for (String line : content.lines().toList()) {
      int space = line.indexOf(' ');
      Map<String, String> fields = KeyValues.parse(line.substring(space + 1));
      stalls.put(
          line.substring(0, space),
          new Stall(
              Double.parseDouble(fields.getOrDefault("avg10", "0")),
              Double.parseDouble(fields.getOrDefault("avg60", "0")),
              Double.parseDouble(fields.getOrDefault("avg300", "0")),
              Long.parseLong(fields.getOrDefault("total", "0"))));
    }
    return new Pressure(
        stalls.getOrDefault("some", Stall.NONE), stalls.getOrDefault("full", Stall.NONE));
  }
}
