package io.jukung.linux.cgroup;

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
}
