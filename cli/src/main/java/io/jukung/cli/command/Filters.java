package io.jukung.cli.command;

import io.jukung.cri.client.LabelFilter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The values of options {@code --filter KEY=VALUE} as docker has them: an object has to fit each
 * key, and of a key that is given more than once one value, except of labels, which have to fit
 * all.
 */
public final class Filters {
  private final Map<String, List<String>> values;

  private Filters(Map<String, List<String>> values) {
    this.values = values;
  }

  /**
   * Reads the options.
   *
   * @param known the keys that there are
   * @throws CliException with the exit code for wrong usage, naming the known keys
   */
  public static Filters of(List<String> texts, Set<String> known) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      String key = equals < 0 ? text : text.substring(0, equals);
      if (equals < 1 || !known.contains(key)) {
        throw CliException.usage(
            "not a filter: \""
                + text
                + "\" (write KEY=VALUE; the keys are "
                + String.join(", ", new TreeSet<>(known))
                + ")");
      }
      String value = text.substring(equals + 1);
      values.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
    }
    return new Filters(values);
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** Returns the values of a key, in the order of the options. */
  public List<String> values(String key) {
    return values.getOrDefault(key, List.of());
  }

  /** Whether the key is not given, or one of its values passes. */
  public boolean fits(String key, Predicate<String> test) {
    return !has(key) || values(key).stream().anyMatch(test);
  }

  /** Whether these labels fit all values of the keys for labels. */
  public boolean fitLabels(Map<String, String> labels) {
    return values("label").stream().allMatch(each -> LabelFilter.fits(labels, each))
        && values("label!").stream().noneMatch(each -> LabelFilter.fits(labels, each));
  }

  /**
   * Returns the value of a key that is true or false.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public boolean truth(String key) {
    String value = values(key).getLast();
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default ->
          throw CliException.usage("filter " + key + " is true or false, not \"" + value + "\"");
    };
  }

  /**
   * Returns the value as a number.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static int number(String key, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw CliException.usage("filter " + key + " is a number, not \"" + value + "\"");
    }
  }
}
