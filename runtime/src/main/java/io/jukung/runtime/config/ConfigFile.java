package io.jukung.runtime.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlFactory;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Reads a {@link Config} from TOML files. A key that no file has keeps its default. */
public final class ConfigFile {
  /** The file that the daemon reads if it is given no other. The file may be missing. */
  public static final Path DEFAULT_PATH = Path.of("/etc/jukung/config.toml");

  /** The directory of further files, beside the configuration file. */
  private static final String DROP_INS = "conf.d";

  /** Far more than tools put there; a directory of something else is noticed. */
  private static final int MAX_DROP_INS = 256;

  /** Far more than any configuration needs; keeps a wrong path from filling the memory. */
  private static final long MAX_BYTES = 1 << 20;

  private static final TomlFactory TOML = new TomlFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ConfigFile() {}

  /**
   * Reads the settings of a file that must exist, and of the files {@code *.toml} in the directory
   * {@code conf.d} beside it, in the order of their names. Later files win, key by key.
   *
   * @param overrides settings that replace those of the file: from dotted key to value, as TOML or
   *     as bare text
   */
  public static Config read(Path file, Map<String, String> overrides) throws ConfigException {
    MergedTables merged = new MergedTables(file.toString());
    merged.add(parse(content(file), file.toString()), file.toString());
    addDropIns(file, merged);
    return bind(merged, overrides);
  }

  /** As {@link #read} of {@link #DEFAULT_PATH}, which may be missing. */
  public static Config readDefault(Map<String, String> overrides) throws ConfigException {
    if (Files.exists(DEFAULT_PATH)) {
      return read(DEFAULT_PATH, overrides);
    }
    MergedTables merged = new MergedTables("defaults");
    addDropIns(DEFAULT_PATH, merged);
    return bind(merged, overrides);
  }

  static Config parse(String toml, String source, Map<String, String> overrides)
      throws ConfigException {
    MergedTables merged = new MergedTables(source);
    merged.add(parse(toml, source), source);
    return bind(merged, overrides);
  }

  private static void addDropIns(Path file, MergedTables merged) throws ConfigException {
    for (Path dropIn : dropIns(file.toAbsolutePath().resolveSibling(DROP_INS))) {
      merged.add(parse(content(dropIn), dropIn.toString()), dropIn.toString());
    }
  }

  private static List<Path> dropIns(Path directory) throws ConfigException {
    List<Path> files = new ArrayList<>();
    // Files whose names begin with a dot are those that editors and package managers have not
    // finished yet.
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(
            directory,
            each ->
                each.toString().endsWith(".toml")
                    && !each.getFileName().toString().startsWith("."))) {
      entries.forEach(files::add);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException | DirectoryIteratorException e) {
      throw new ConfigException(directory + ": cannot be listed: " + e, e);
    }
    if (files.size() > MAX_DROP_INS) {
      throw new ConfigException(
          directory + ": more than " + MAX_DROP_INS + " files, not a directory of configurations");
    }
    files.sort(Comparator.naturalOrder());
    return files;
  }

  private static Config bind(MergedTables files, Map<String, String> overrides)
      throws ConfigException {
    Config config = new ConfigBinder(files::sourceOf).bind(files.tables(), Config.DEFAULTS);
    for (var override : overrides.entrySet()) {
      String flag = "--set " + override.getKey() + "=" + override.getValue();
      config =
          new ConfigBinder(_ -> flag)
              .bind(override(override.getKey(), override.getValue()), config);
    }
    return config;
  }

  private static ObjectNode override(String key, String value) throws ConfigException {
    try {
      return parse(key + " = " + value, "--set");
    } catch (ConfigException notToml) {
      // On a command line, paths and words may be given without quotes.
      return parse(key + " = " + NODES.textNode(value), "--set " + key);
    }
  }

  private static ObjectNode parse(String toml, String source) throws ConfigException {
    try (JsonParser parser = TOML.createParser(toml)) {
      parser.nextToken(); // the start of the table that the file is
      return table(parser);
    } catch (JacksonException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : " line " + at.getLineNr();
      throw new ConfigException(source + line + ": not TOML: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ConfigException(source + ": cannot be read: " + e.getMessage(), e);
    }
  }

  // Not by an ObjectMapper: to set one up takes longer than to read the file.

  private static ObjectNode table(JsonParser parser) throws IOException {
    ObjectNode table = NODES.objectNode();
    for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      table.set(key, value(parser));
    }
    return table;
  }

  private static ArrayNode array(JsonParser parser) throws IOException {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }

  private static JsonNode value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> table(parser);
      case START_ARRAY -> array(parser);
      case VALUE_TRUE, VALUE_FALSE -> NODES.booleanNode(parser.getBooleanValue());
      case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
      default -> NODES.textNode(parser.getText()); // also dates and times
    };
  }

  private static String content(Path file) throws ConfigException {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
        throw new ConfigException(file + ": larger than 1 MiB, not a configuration file");
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new ConfigException(file + ": no such configuration file", e);
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
