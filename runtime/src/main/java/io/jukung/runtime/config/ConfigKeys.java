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
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * The TOML keys of the configuration records: the component {@code confDir} is the key {@code
 * conf_dir}.
 */
public final class ConfigKeys {
  private ConfigKeys() {}

  /** Returns every dotted key with its value as TOML has it, in the order of the records. */
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
      } else if (value instanceof Map<?, ?> tables) {
        tables.forEach((named, each) -> flatten((Record) each, key + "." + named + ".", into));
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
    StringBuilder key = new StringBuilder();
    for (char each : component.getName().toCharArray()) {
      if (Character.isUpperCase(each)) {
        key.append('_');
      }
      key.append(Character.toLowerCase(each));
    }
    return key.toString();
  }

  /** An enum constant as it is written in TOML. */
  static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  /** Whether a component is a table of keys. {@link DataSize} and similar records are values. */
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
   * The known key or table that differs from an unknown one in the fewest letters. A key in the
   * wrong table counts as one letter.
   */
  static String nearest(String unknown) {
    return Stream.concat(
            Arrays.stream(Config.class.getRecordComponents()).map(ConfigKeys::name),
            knownKeys().keySet().stream())
        .min(Comparator.comparingInt(known -> lettersOff(unknown, known)))
        .orElseThrow();
  }

  private static Map<String, Object> knownKeys() {
    Map<String, Object> known = flatten(Config.DEFAULTS);
    flatten(Config.Handler.DEFAULTS, "handlers.NAME.", known);
    return known;
  }

  private static int lettersOff(String unknown, String known) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    int whole = distance.apply(unknown, known);
    int tableless =
        distance.apply(afterDot(unknown), afterDot(known))
            + (afterDot(known).equals(known) ? 0 : 1);
    return Math.min(whole, tableless);
  }

  private static String afterDot(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }
}
