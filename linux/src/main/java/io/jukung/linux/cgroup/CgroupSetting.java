package io.jukung.linux.cgroup;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One value for one control file.
 *
 * @param field what asked for it, in the caller's words, for the error text
 * @param file the control file, as {@code memory.max}
 * @param value what to write
 * @param optional whether a host that does not have the file is as good: the value forbids what
 *     such a host has not
 */
public record CgroupSetting(String field, String file, String value, boolean optional) {
  /** One that must be set. */
  public CgroupSetting(String field, String file, String value) {
    this(field, file, value, false);
  }

  public CgroupSetting {
    if (file.contains("/") || !file.contains(".") || file.startsWith("cgroup.")) {
      throw new IllegalArgumentException(file + " is not a control file of a cgroup controller");
    }
  }

  /** The controller that has the file. */
  public String controller() {
    return file.substring(0, file.indexOf('.'));
  }

  /**
   * What to write to take this setting back. Most files hold one value. Those of a value per device
   * (io.max, io.weight) show a line for each that has one, and a write changes one line.
   *
   * @param before what the file held
   */
  public String restoring(String before) {
    int space = value.indexOf(' ');
    if (space < 0 || !value.substring(0, space).matches("[0-9]+:[0-9]+|default")) {
      return before;
    }
    String device = value.substring(0, space + 1);
    Optional<String> line = before.lines().filter(each -> each.startsWith(device)).findFirst();
    return line.orElseGet(() -> device + unlimited(value.substring(space + 1)));
  }

  private static String unlimited(String limits) {
    return limits.contains("=")
        ? List.of(limits.trim().split(" +")).stream()
            .map(each -> each.substring(0, each.indexOf('=') + 1) + "max")
            .collect(Collectors.joining(" "))
        : "default";
  }
}
