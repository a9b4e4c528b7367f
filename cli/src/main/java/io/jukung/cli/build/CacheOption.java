package io.jukung.cli.build;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.CacheExport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The values of {@code --cache-from} and {@code --cache-to}, in docker's form: {@code
 * type=registry,ref=NAME}, or a name alone.
 */
final class CacheOption {
  private CacheOption() {}

  /**
   * The names of the caches that are imported.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static List<String> imported(List<String> texts) {
    List<String> names = new ArrayList<>();
    for (String text : texts) {
      names.add(values("--cache-from", text, Set.of("type", "ref")).get("ref"));
    }
    return names;
  }

  /**
   * The cache that is exported; an empty one if there is none.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static CacheExport exported(List<String> texts) {
    if (texts.isEmpty()) {
      return CacheExport.getDefaultInstance();
    }
    if (texts.size() > 1) {
      throw CliException.usage("--cache-to can be given once, so far");
    }
    Set<String> known = Set.of("type", "ref", "mode", "ignore-error");
    Map<String, String> values = values("--cache-to", texts.getFirst(), known);
    return CacheExport.newBuilder()
        .setReference(values.get("ref"))
        .setAllStages(is(values.getOrDefault("mode", "min"), "max", "min", "mode"))
        .setIgnoreErrors(
            is(values.getOrDefault("ignore-error", "false"), "true", "false", "ignore-error"))
        .build();
  }

  private static boolean is(String text, String yes, String no, String key) {
    if (!text.equals(yes) && !text.equals(no)) {
      throw CliException.usage("--cache-to: " + key + "=" + text + " is not " + no + " or " + yes);
    }
    return text.equals(yes);
  }

  private static Map<String, String> values(String option, String text, Set<String> known) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : text.contains("=") ? text.split(",", -1) : new String[] {"ref=" + text}) {
      String[] pair = part.split("=", 2);
      if (pair.length == 2 && pair[0].equals("type") && !pair[1].equals("registry")) {
        throw CliException.usage(
            option + " type=" + pair[1] + " is not implemented; use type=registry,ref=NAME");
      }
      if (pair.length < 2 || !known.contains(pair[0])) {
        throw CliException.usage(option + ": \"" + part + "\" is not known");
      }
      if (values.put(pair[0], pair[1]) != null) {
        throw CliException.usage(option + " has " + pair[0] + " twice");
      }
    }
    if (values.getOrDefault("ref", "").isEmpty()) {
      throw CliException.usage(option + " has no ref=NAME");
    }
    return values;
  }
}
