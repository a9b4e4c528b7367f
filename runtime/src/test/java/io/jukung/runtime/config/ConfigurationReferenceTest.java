package io.jukung.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Holds docs/configuration.md: it is made from the records of the configuration (keys, types,
 * defaults, what a reload changes) and the comments of dist/config.toml (what each key means).
 */
class ConfigurationReferenceTest {
  private static final Path DOCUMENT = Path.of("../docs/configuration.md");
  private static final Path MADE = Path.of("target/configuration.md");
  private static final Path DESCRIPTIONS = Path.of("../dist/config.toml");

  /** A configuration in which no key has its default. */
  private static final Path OTHER = Path.of("src/test/resources/config/full.toml");

  private static final int WIDTH = 120;

  private static final String HEAD =
      """
      # Configuration

      Every key of /etc/jukung/config.toml, in the order of that file. The test ConfigurationReferenceTest makes this page from
      the records of the configuration and from [dist/config.toml](../dist/config.toml); change those.
      [operation.md](operation.md) says which files the daemon reads and what a reload is.

      Paths are absolute. Durations are written "500ms", "10s", "1m30s"; sizes are written "64KiB", "16MiB". "At a reload"
      says whether SIGHUP makes a running daemon take over another value, or whether the daemon has to be restarted.
      """;

  @Test
  void documentIsMadeFromTheRecordsAndTheCommentsOfTheFile() throws Exception {
    String made = document();
    Files.writeString(MADE, made);
    assertThat(Files.readString(DOCUMENT))
        .as("%s; the right one is in %s", DOCUMENT, MADE.toAbsolutePath())
        .isEqualTo(made);
  }

  private static String document() throws Exception {
    Map<String, Object> defaults = ConfigKeys.flatten(Config.DEFAULTS);
    Set<String> live = live(defaults);
    defaults.putAll(ofHandlers());
    Map<String, String> meanings = meanings();
    assertThat(meanings.keySet()).containsExactlyElementsOf(defaults.keySet());
    StringBuilder text = new StringBuilder(HEAD);
    String table = "";
    for (Map.Entry<String, RecordComponent> each : components().entrySet()) {
      String key = each.getKey();
      String tableOfKey = key.contains(".") ? key.substring(0, key.lastIndexOf('.')) : "";
      if (!tableOfKey.equals(table)) {
        table = tableOfKey;
        text.append("\n## [").append(table).append("]\n");
      }
      text.append("\n### `").append(key).append("`\n\n");
      text.append("| Type | Default | At a reload |\n|---|---|---|\n");
      text.append(
          "| %s | `%s` | %s |\n\n"
              .formatted(
                  type(each.getValue()),
                  toml(Objects.requireNonNull(defaults.get(key), key)),
                  live.contains(key) ? "changes" : "needs a restart"));
      text.append(wrapped(Objects.requireNonNull(meanings.get(key), key)));
    }
    return text.toString();
  }

  /** The keys of a handler's table, whose name the operator chooses. The path has no default. */
  private static Map<String, Object> ofHandlers() throws ConfigException {
    Map<String, Object> keys = new LinkedHashMap<>();
    ConfigKeys.flatten(ConfigFile.parse("[handlers.x]\npath = '/usr/sbin/runc'", "t", Map.of()))
        .forEach(
            (key, value) -> {
              if (key.startsWith("handlers.x.")) {
                keys.put(key.replace("handlers.x.", "handlers.NAME."), value);
              }
            });
    keys.put("handlers.NAME.path", "");
    return keys;
  }

  /** The keys that a running daemon takes over. */
  private static Set<String> live(Map<String, Object> defaults) throws ConfigException {
    Config other = ConfigFile.read(OTHER, Map.of());
    return ConfigKeys.flatten(Config.DEFAULTS.withLiveSettings(other)).entrySet().stream()
        .filter(each -> !each.getValue().equals(defaults.get(each.getKey())))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static Map<String, RecordComponent> components() {
    var byKey = new LinkedHashMap<String, RecordComponent>();
    for (RecordComponent each : Config.class.getRecordComponents()) {
      if (each.getType() == Map.class) {
        for (RecordComponent inner : Config.Handler.class.getRecordComponents()) {
          byKey.put(ConfigKeys.name(each) + ".NAME." + ConfigKeys.name(inner), inner);
        }
        continue;
      }
      if (!ConfigKeys.isTable(each)) {
        byKey.put(ConfigKeys.name(each), each);
        continue;
      }
      for (RecordComponent inner : each.getType().getRecordComponents()) {
        byKey.put(ConfigKeys.name(each) + "." + ConfigKeys.name(inner), inner);
      }
    }
    return byKey;
  }

  private static String type(RecordComponent component) {
    if (component.getGenericType() instanceof ParameterizedType list) {
      return "array of " + name((Class<?>) list.getActualTypeArguments()[0]) + "s";
    }
    return name(component.getType());
  }

  private static String name(Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(each -> "`\"" + ConfigKeys.word(each) + "\"`")
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    if (type == Duration.class) {
      return "duration";
    }
    return switch (type.getSimpleName()) {
      case "Path" -> "path";
      case "boolean" -> "boolean";
      case "int" -> "number";
      case "DataSize" -> "size";
      case "FileMode" -> "file mode";
      case "String" -> "string";
      default -> throw new AssertionError("no word for " + type);
    };
  }

  private static String toml(Object value) {
    return switch (value) {
      case List<?> list ->
          list.stream()
              .map(ConfigurationReferenceTest::toml)
              .collect(Collectors.joining(", ", "[", "]"));
      case String text -> '"' + text + '"';
      default -> value.toString();
    };
  }

  /** The comment above each key. */
  private static Map<String, String> meanings() throws IOException {
    var meanings = new LinkedHashMap<String, String>();
    String table = "";
    List<String> comment = new ArrayList<>();
    for (String each : Files.readAllLines(DESCRIPTIONS)) {
      // A table whose name the operator chooses is commented out.
      String line = each.matches("#(\\[|\\w+ = ).*") ? each.substring(1) : each;
      if (line.startsWith("#")) {
        comment.add(line.substring(1).strip());
      } else {
        if (line.startsWith("[")) {
          table = line.substring(1, line.indexOf(']')) + ".";
        } else if (line.contains(" = ")) {
          meanings.put(table + line.substring(0, line.indexOf(" = ")), String.join(" ", comment));
        }
        comment.clear();
      }
    }
    return meanings;
  }

  private static String wrapped(String text) {
    StringBuilder lines = new StringBuilder();
    int column = 0;
    // What would be markup in Markdown is text in the file.
    for (String word : text.replace("*", "\\*").replace("<", "\\<").split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > WIDTH) {
        lines.append('\n');
        column = 0;
      }
      lines.append(column == 0 ? "" : " ").append(word);
      column += (column == 0 ? 0 : 1) + word.length();
    }
    return lines.append('\n').toString();
  }
}
