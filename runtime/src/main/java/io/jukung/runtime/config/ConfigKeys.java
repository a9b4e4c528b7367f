package io.jukung.runtime.config;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The TOML keys of the configuration records: {@code confDir} is {@code conf_dir}. */
public final class ConfigKeys {
  private ConfigKeys() {}

  /**
   * Every key with its value, dotted, in the order of the records; values as TOML would say them.
   */
  public static Map<String, Object> flatten(Config config) {
    var flat = new LinkedHashMap<String, Object>();
    flatten(config, "", flat);
    return flat;
  }

  private static void flatten(Record table, String prefix, Map<String, Object> into) {
    for (RecordComponent component : table.getClass().getRecordComponents()) {
      String key = prefix + name(component);
      Object value = value(component, table);
      if (isTable(component)) {
        flatten((Record) value, key + ".", into);
      } else {
        into.put(key, plain(value));
      }
    }
  }

  private static Object plain(Object value) {
    return switch (value) {
      case Integer number -> number;
      case Boolean flag -> flag;
      case Duration duration -> DurationText.format(duration);
      case List<?> list -> list.stream().map(ConfigKeys::plain).toList();
      case Enum<?> constant -> word(constant);
      case Path path -> path.toString();
      default -> value.toString();
    };
  }

  static String name(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** An enum constant as TOML writes it. */
  static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  /** Whether a component is a table of keys; {@link DataSize} and its like are values. */
  static boolean isTable(RecordComponent component) {
    return component.getType().isRecord()
        && component.getType().getDeclaringClass() == Config.class;
  }

  static Object value(RecordComponent component, Record of) {
    try {
      return Objects.requireNonNull(component.getAccessor().invoke(of), component.getName());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /**
   * The known key or table that differs in the fewest letters. A key set in the wrong table counts
   * as one letter off.
   */
  static String nearest(String unknown) {
    return Stream.concat(
            Arrays.stream(Config.class.getRecordComponents()).map(ConfigKeys::name),
            flatten(Config.DEFAULTS).keySet().stream())
        .min(Comparator.comparingInt(known -> lettersOff(unknown, known)))
        .orElseThrow();
  }

  private static int lettersOff(String unknown, String known) {
    int whole = distance(unknown, known);
    int tableless =
        distance(afterDot(unknown), afterDot(known)) + (afterDot(known).equals(known) ? 0 : 1);
    return Math.min(whole, tableless);
  }

  private static String afterDot(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  /** Edits (insert, delete, replace) from one word to the other, after Levenshtein. */
  static int distance(String from, String to) {
    int[] above = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(above[j], row[j - 1]) + 1);
      }
      above = row;
    }
    return above[to.length()];
  }
}
