package io.jukung.runtime.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigKeys;

/** The effective configuration as one JSON object with dotted keys, for the verbose status. */
final class ConfigJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ConfigJson() {}

  static String of(Config config) {
    try {
      return JSON.writeValueAsString(ConfigKeys.flatten(config));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings, numbers and lists are JSON", e);
    }
  }
}
