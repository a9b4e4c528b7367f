package io.jukung.runtime.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/**
 * The tables of several files as one. A later file replaces single keys: its tables are merged into
 * those of earlier files, and its arrays replace theirs. Remembers which file each key is from. Not
 * thread-safe.
 */
final class MergedTables {
  private final ObjectNode tables = JsonNodeFactory.instance.objectNode();
  private final Map<String, String> sources = new HashMap<>();
  private final String fallback;

  /**
   * Begins without any file.
   *
   * @param fallback the source of a key that no file has set
   */
  MergedTables(String fallback) {
    this.fallback = fallback;
  }

  /**
   * Adds the content of a file.
   *
   * @param source the path of the file
   */
  void add(ObjectNode file, String source) {
    merge(file, tables, "", source);
  }

  private void merge(ObjectNode from, ObjectNode into, String prefix, String source) {
    for (Map.Entry<String, JsonNode> entry : from.properties()) {
      String key = prefix + entry.getKey();
      sources.put(key, source);
      if (entry.getValue() instanceof ObjectNode table) {
        // A table that replaces a plain value is refused later, with the file's name.
        ObjectNode merged =
            into.get(entry.getKey()) instanceof ObjectNode present
                ? present
                : into.putObject(entry.getKey());
        merge(table, merged, key + ".", source);
      } else {
        into.set(entry.getKey(), entry.getValue());
      }
    }
  }

  ObjectNode tables() {
    return tables;
  }

  /** The file that has set a dotted key or a table last. */
  String sourceOf(String key) {
    return sources.getOrDefault(key, fallback);
  }
}
