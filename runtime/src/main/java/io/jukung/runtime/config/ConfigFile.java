package io.jukung.runtime.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/** Reads a {@link Config} from a TOML file. A key that the file leaves out has its default. */
public final class ConfigFile {
  /** The file that the daemon reads if it is given no other. The file may be missing. */
  public static final Path DEFAULT_PATH = Path.of("/etc/jukung/config.toml");

  /** Far more than any configuration needs; keeps a wrong path from filling the memory. */
  private static final long MAX_BYTES = 1 << 20;

  private static final TomlMapper TOML = new TomlMapper();

  private ConfigFile() {}

  /**
   * Reads the settings of a file that must exist.
   *
   * @param overrides settings that replace those of the file: from dotted key to value, as TOML or
   *     as bare text
   */
  public static Config read(Path file, Map<String, String> overrides) throws ConfigException {
    return bind(parse(content(file), file.toString()), file.toString(), overrides);
  }

  /**
   * Reads the settings of {@link #DEFAULT_PATH}, or returns the defaults if there is no such file.
   */
  public static Config readDefault(Map<String, String> overrides) throws ConfigException {
    return Files.exists(DEFAULT_PATH)
        ? read(DEFAULT_PATH, overrides)
        : bind(TOML.createObjectNode(), "defaults", overrides);
  }

  static Config parse(String toml, String source, Map<String, String> overrides)
      throws ConfigException {
    return bind(parse(toml, source), source, overrides);
  }

  private static Config bind(ObjectNode file, String source, Map<String, String> overrides)
      throws ConfigException {
    Config config = new ConfigBinder(source).bind(file, Config.DEFAULTS);
    for (var override : overrides.entrySet()) {
      String flag = "--set " + override.getKey() + "=" + override.getValue();
      config =
          new ConfigBinder(flag).bind(override(override.getKey(), override.getValue()), config);
    }
    return config;
  }

  private static ObjectNode override(String key, String value) throws ConfigException {
    try {
      return parse(key + " = " + value, "--set");
    } catch (ConfigException notToml) {
      // On a command line, paths and words may be given without quotes.
      return parse(key + " = " + TOML.getNodeFactory().textNode(value), "--set " + key);
    }
  }

  private static ObjectNode parse(String toml, String source) throws ConfigException {
    try {
      JsonNode tree = TOML.readTree(toml);
      return tree instanceof ObjectNode table ? table : TOML.createObjectNode();
    } catch (JacksonException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : " line " + at.getLineNr();
      throw new ConfigException(source + line + ": not TOML: " + e.getOriginalMessage(), e);
    }
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
