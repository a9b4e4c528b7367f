package io.jukung.linux.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How much a cgroup has read from and written to one block device.
 *
 * @param reads number of read operations
 * @param writes number of write operations
 */
public record DeviceTraffic(
    int major, int minor, long readBytes, long writtenBytes, long reads, long writes) {

  /**
   * Parses io.stat, with lines such as {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0}.
   * A line without counters belongs to a device that was never used.
   */
  public static List<DeviceTraffic> parse(String ioStat) {
    List<DeviceTraffic> devices = new ArrayList<>();
    for (String line : ioStat.lines().toList()) {
      int colon = line.indexOf(':');
      int space = line.indexOf(' ');
      if (space > 0) {
        Map<String, String> fields = KeyValues.parse(line.substring(space + 1));
        devices.add(
            new DeviceTraffic(
                Integer.parseInt(line, 0, colon, 10),
                Integer.parseInt(line, colon + 1, space, 10),
                number(fields, "rbytes"),
                number(fields, "wbytes"),
                number(fields, "rios"),
                number(fields, "wios")));
      }
    }
    return devices;
  }

  private static long number(Map<String, String> fields, String key) {
    return Long.parseLong(fields.getOrDefault(key, "0"));
  }
}
