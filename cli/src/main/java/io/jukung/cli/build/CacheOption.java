package io.jukung.cli.build;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.CacheExport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The values of {@code --cache-from} and {@code --cache-to}, in docker's form: {@code
 * type=registry,ref=NAME}, a name alone, or {@code type=local} with a directory.
 */
final class CacheOption {
  private CacheOption() {}

  /** Which directories and tags the daemon reads and writes, see SharedCaches there. */
  private static final String LAYOUT = "oci-layout://";

  /**
   * The names of the caches that are imported.
   *
   * @param absolute makes paths of the user absolute
   * @throws CliException with the exit code for wrong usage
   */
  static List<String> imported(List<String> texts, UnaryOperator<Path> absolute) {
    List<String> names = new ArrayList<>();
    for (String text : texts) {
      Map<String, String> values =
          values("--cache-from", text, Set.of("ref"), Set.of("src", "tag"));
      names.add(name(values, "src", absolute));
    }
    return names;
  }

  /**
   * The cache that is exported; an empty one if there is none.
   *
   * @param absolute makes paths of the user absolute
   * @throws CliException with the exit code for wrong usage
   */
  static CacheExport exported(List<String> texts, UnaryOperator<Path> absolute) {
    if (texts.isEmpty()) {
      return CacheExport.getDefaultInstance();
    }
    if (texts.size() > 1) {
      throw CliException.usage("--cache-to can be given once, so far");
    }
    Map<String, String> values =
        values(
            "--cache-to",
            texts.getFirst(),
            Set.of("ref", "mode", "ignore-error"),
            Set.of("dest", "tag", "mode", "ignore-error"));
    return CacheExport.newBuilder()
        .setReference(name(values, "dest", absolute))
        .setAllStages(is(values.getOrDefault("mode", "min"), "max", "min", "mode"))
        .setIgnoreErrors(
            is(values.getOrDefault("ignore-error", "false"), "true", "false", "ignore-error"))
        .build();
  }

  private static String name(
      Map<String, String> values, String directory, UnaryOperator<Path> absolute) {
    String path = values.get(directory);
    return path == null
        ? values.getOrDefault("ref", "")
        : LAYOUT
            + absolute.apply(Path.of(path)).normalize()
            + ":"
            + values.getOrDefault("tag", "latest");
  }

  private static boolean is(String text, String yes, String no, String key) {
    if (!text.equals(yes) && !text.equals(no)) {
      throw CliException.usage("--cache-to: " + key + "=" + text + " is not " + no + " or " + yes);
    }
    return text.equals(yes);
  }

  /**
   * @param ofRegistry the keys of a cache in a registry, whose name is {@code ref}
   * @param ofDirectory the keys of a cache in a directory
   */
  private static Map<String, String> values(
      String option, String text, Set<String> ofRegistry, Set<String> ofDirectory) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : text.contains("=") ? text.split(",", -1) : new String[] {"ref=" + text}) {
      String[] pair = part.split("=", 2);
      if (pair.length < 2) {
        throw CliException.usage(option + ": \"" + part + "\" is not known");
      }
      if (values.put(pair[0], pair[1]) != null) {
        throw CliException.usage(option + " has " + pair[0] + " twice");
      }
    }
    String type = values.getOrDefault("type", "registry");
    values.remove("type");
    String needed =
        switch (type) {
          case "registry" -> "ref";
          case "local" -> ofDirectory.contains("src") ? "src" : "dest";
          default ->
              throw CliException.usage(
                  option
                      + " type="
                      + type
                      + " is not implemented; use type=registry,ref=NAME or type=local");
        };
    Set<String> known = type.equals("local") ? ofDirectory : ofRegistry;
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw CliException.usage(option + ": \"" + key + "\" is not known for type=" + type);
      }
    }
    if (values.getOrDefault(needed, "").isEmpty()) {
      throw CliException.usage(
          option + " has no " + needed + (needed.equals("ref") ? "=NAME" : "=DIRECTORY"));
    }
    return values;
  }
}
