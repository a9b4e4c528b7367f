package io.jukung.runtime.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and writes the JSON of state files. */
public final class Json {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  public static byte[] write(Object document) throws IOException {
    return MAPPER.writeValueAsBytes(document);
  }

  public static <T> T read(byte[] document, Class<T> type) throws IOException {
    T value = MAPPER.readValue(document, type);
    if (value == null) {
      throw new IOException("it is null"); // "null" is JSON, but no document
    }
    return value;
  }

  // Jackson passes null for a property that the document leaves out.

  public static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  public static <K, V> Map<K, V> orEmpty(@Nullable Map<K, V> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  public static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
