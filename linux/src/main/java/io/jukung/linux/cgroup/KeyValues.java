package io.jukung.linux.cgroup;

import java.util.LinkedHashMap;
import java.util.Map;

/** Parses lines with fields of the form {@code key=value}, which several control files have. */
final class KeyValues {
  private KeyValues() {}

  static Map<String, String> parse(String line) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (int start = 0; start < line.length(); ) {
      int space = line.indexOf(' ', start);
      int end = space < 0 ? line.length() : space;
      int equals = line.indexOf('=', start);
      if (equals > start && equals < end) {
        fields.put(line.substring(start, equals), line.substring(equals + 1, end));
      }
      start = end + 1;
    }
    return fields;
  }
}
