package io.jukung.cli.command;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * An object of a list, as templates see it.
 *
 * @param values what the fields say, by their names
 * @param labels the labels of the object, for {@code .Label "NAME"}
 */
public record Row(Map<String, String> values, Map<String, String> labels) {
  /** Returns labels as docker prints them in one field. */
  public static String joined(Map<String, String> labels) {
    return labels.entrySet().stream()
        .map(each -> each.getKey() + "=" + each.getValue())
        .sorted()
        .collect(Collectors.joining(","));
  }
}
