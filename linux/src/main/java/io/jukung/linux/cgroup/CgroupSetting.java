package io.jukung.linux.cgroup;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One value to write to one control file.
 *
 * @param field the request field that asks for the value, for the error message
 * @param file the control file, such as {@code memory.max}
 * @param value the value to write
 * @param optional whether the setting may be left out on a host without the file, because the value
 *     forbids something that such a host does not have
 */
public record CgroupSetting(String field, String file, String value, boolean optional) {
  /** Makes a setting that is not optional. */
  public CgroupSetting(String field, String file, String value) {
    this(field, file, value, false);
  }

  public CgroupSetting {
    if (file.contains("/") || !file.contains(".") || file.startsWith("cgroup.")) {
      throw new IllegalArgumentException(file + " is not a control file of a cgroup controller");
    }
  }

  /** Returns the name of the controller that has the file. */
  public String controller() {
    return file.substring(0, file.indexOf('.'));
  }

  /**
   * Returns the value that undoes this setting. Most files hold one value. Files with a value per
   * device (io.max, io.weight) show a line for each device that has one, and a write changes one
   * line.
   *
   * @param before the content of the file before this setting was written
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
