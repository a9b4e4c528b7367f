package io.jukung.linux.cgroup;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads the control files of one cgroup, which need not exist. Thread-safe. */
public sealed interface ControlFiles permits Cgroup, OpenCgroup {
  boolean exists();

  /**
   * Reads one control file, without the newline at its end. Empty if the cgroup does not exist, if
   * the controller of the file is not enabled here, or if the kernel does not count what the file
   * shows.
   */
  Optional<String> find(String file) throws IOException;

  /**
   * Returns the names of the control files that match; empty if the cgroup does not exist.
   *
   * @param glob a pattern such as {@code hugetlb.*.current}
   */
  List<String> files(String glob) throws IOException;

  /** Reads a "flat keyed" file such as cpu.stat. Empty if {@link #find} returns nothing. */
  default Map<String, Long> counters(String file) throws IOException {
    String content = find(file).orElse("");
    Map<String, Long> counters = new HashMap<>();
    for (int start = 0; start < content.length(); ) {
      int newline = content.indexOf('\n', start);
      int end = newline < 0 ? content.length() : newline;
      int space = content.indexOf(' ', start);
      counters.put(
          content.substring(start, space),
          Long.parseLong(content, space + 1, end, /* radix= */ 10));
      start = end + 1;
    }
    return counters;
  }

  /**
   * Reads a file of one number. Empty if {@link #find} returns nothing, or if the file says "max",
   * no limit.
   */
  default OptionalLong number(String file) throws IOException {
    String value = find(file).orElse("max");
    return value.equals("max") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
  }
}
