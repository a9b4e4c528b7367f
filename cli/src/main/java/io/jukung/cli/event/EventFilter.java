package io.jukung.cli.event;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which events to print: for each key that is given, one of its values has to fit. */
final class EventFilter {
  private static final Map<String, Set<String>> WORDS =
      Map.of(
          "type", Set.of("container", "pod"),
          "event", Set.of("create", "start", "stop", "delete"));

  private final Map<String, List<String>> values;

  private EventFilter(Map<String, List<String>> values) {
    this.values = values;
  }

  /**
   * Reads filters of the form {@code key=value}.
   *
   * @throws IllegalArgumentException with the rest of a sentence about the first wrong one
   */
  static EventFilter of(List<String> filters) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String filter : filters) {
      int equals = filter.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("takes KEY=VALUE, not " + filter);
      }
      String key = filter.substring(0, equals);
      String value = filter.substring(equals + 1);
      if (!Set.of("type", "event", "id", "name", "pod", "namespace").contains(key)) {
        throw new IllegalArgumentException("has no key " + key);
      }
      Set<String> words = WORDS.getOrDefault(key, Set.of());
      if (!words.isEmpty() && !words.contains(value)) {
        throw new IllegalArgumentException(
            key + " is one of " + String.join(", ", words.stream().sorted().toList()));
      }
      values.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
    }
    return new EventFilter(values);
  }

  boolean fits(EventLine line) {
    return values.entrySet().stream()
        .allMatch(
            each -> each.getValue().stream().anyMatch(value -> fits(line, each.getKey(), value)));
  }

  private static boolean fits(EventLine line, String key, String value) {
    return switch (key) {
      case "type" -> line.type().toString().equals(value);
      case "event" -> line.action().toString().equals(value);
      case "id" -> line.id().startsWith(value);
      case "name" -> line.name().equals(value);
      case "pod" -> line.pod().equals(value);
      case "namespace" -> line.namespace().equals(value);
      default -> throw new IllegalArgumentException("has no key " + key);
    };
  }
}
