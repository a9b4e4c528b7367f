package io.jukung.runtime.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.runtime.Fuzz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Configurations of the daemon that nobody meant. */
@Timeout(120)
class ConfigFuzzTest {
  @Test
  void configurationsAreReadOrRefused() throws Exception {
    Fuzz.run(
        List.of(
            Files.readAllBytes(Path.of("../dist/config.toml")),
            Files.readAllBytes(Path.of("src/test/resources/config/full.toml"))),
        input -> {
          var _ = ConfigFile.parse(new String(input, UTF_8), "config.toml", Map.of());
        },
        ConfigException.class);
  }
}
