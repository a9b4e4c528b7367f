package io.jukung.linux.cgroup;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses lines with fields of the form {@code key=value}, which several control files have. */
final class KeyValues {
  private KeyValues() {}

  static Map<String, String> parse(String line) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : List.of(line.trim().split(" +"))) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        fields.put(field.substring(0, equals), field.substring(equals + 1));
      }
    }
    return fields;
  }
}
