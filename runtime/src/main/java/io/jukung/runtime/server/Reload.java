package io.jukung.runtime.server;

import io.jukung.cri.CriException;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigKeys;
import io.jukung.runtime.config.ConfigSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again and lets the daemon's parts take over what has changed. A
 * configuration with a problem changes nothing. The outcome is logged. Not thread-safe.
 */
final class Reload {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

  private final ConfigSource source;
  private final NodeParts node;

  Reload(ConfigSource source, NodeParts node) {
    this.source = source;
    this.node = node;
  }

  /**
   * Reloads the configuration.
   *
   * @return what was done, as one sentence
   */
  String run() {
    Config before = node.config();
    Config wanted;
    Config after;
    try {
      wanted = source.read();
      after = node.reconfigure(wanted);
    } catch (ConfigException e) {
      String outcome =
          "configuration not reloaded, the one before stays: " + String.join("; ", e.problems());
      LOG.error(outcome);
      return outcome;
    }
    List<String> changed = differences(before, after);
    String outcome =
        changed.isEmpty()
            ? "configuration reloaded, nothing has changed"
            : "configuration reloaded: " + String.join(", ", changed);
    LOG.info(outcome);
    List<String> later = differences(after, wanted);
    if (!later.isEmpty()) {
      LOG.warn("these settings change when the daemon starts again: {}", String.join(", ", later));
    }
    warnOfRegistryFiles(after);
    return outcome;
  }

  /** Pulls read the registries' files anew. One with a problem fails pulls from its registry. */
  private static void warnOfRegistryFiles(Config config) {
    try {
      for (String problem : new RegistryHosts(config.image().registryConfigDir()).problems()) {
        LOG.warn("registry configuration: {}", problem);
      }
    } catch (IOException | CriException e) {
      LOG.warn("registry configuration: {}", e.getMessage());
    }
  }

  /** The keys with different values, each as {@code log.level info -> debug}. */
  private static List<String> differences(Config before, Config after) {
    Map<String, Object> old = ConfigKeys.flatten(before);
    List<String> differences = new ArrayList<>();
    ConfigKeys.flatten(after)
        .forEach(
            (key, value) -> {
              if (!Objects.equals(value, old.get(key))) {
                differences.add(key + " " + old.get(key) + " -> " + value);
              }
            });
    return differences;
  }
}
