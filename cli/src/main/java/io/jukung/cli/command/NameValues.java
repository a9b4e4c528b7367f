package io.jukung.cli.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Words of the form {@code NAME=VALUE} on the command line. */
public final class NameValues {
  private NameValues() {}

  /** Reads words that may be names alone, whose value is empty. The last of one name counts. */
  public static Map<String, String> of(List<String> words) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      values.put(
          equals < 0 ? word : word.substring(0, equals),
          equals < 0 ? "" : word.substring(equals + 1));
    }
    return values;
  }

  /**
   * Reads words that must have values.
   *
   * @param option the option that they are the values of, for the message
   * @throws CliException with the exit code for wrong usage
   */
  public static Map<String, String> required(String option, List<String> words) {
    for (String word : words) {
      if (word.indexOf('=') < 1) {
        throw CliException.usage(option + ": not NAME=VALUE: \"" + word + "\"");
      }
    }
    return of(words);
  }
}
