package io.jukung.runtime.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginConfiguration;
import io.jukung.runtime.store.Ownership;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The claims of this daemon on what pod networks share: the records of attachments, each network by
 * its name, and each bridge. A collection of garbage in a network would release the addresses of
 * another daemon's pods. Thread-safe.
 */
final class NetworkClaims {
  private static final String CACHE_OWNER = "jukung-owner";

  /** The bridge that the plugin takes if its configuration names none. */
  private static final String DEFAULT_BRIDGE = "cni0";

  private final Path cacheDirectory;
  private final Set<String> claimed = ConcurrentHashMap.newKeySet();
  private volatile Optional<Ownership> ownership = Optional.empty();

  NetworkClaims(Path cacheDirectory) {
    this.cacheDirectory = cacheDirectory;
  }

  /** Claims the records of attachments. Networks are claimed from now on; before, none is. */
  void begin(Ownership claims) throws IOException {
    StatePaths.createPrivate(cacheDirectory);
    claims.claim(
        cacheDirectory.resolve(CACHE_OWNER), "CNI cache " + cacheDirectory, "cni.cache_dir");
    ownership = Optional.of(claims);
  }

  /** Claims a network that is about to be used. Claiming it again is a no-op. */
  void claim(NetworkConfiguration network) throws IOException {
    if (ownership.isEmpty()) {
      return;
    }
    claim(ownership.get(), "CNI network " + network.name());
    for (PluginConfiguration plugin : network.plugins()) {
      if (plugin.type().equals("bridge")) {
        ObjectNode json = plugin.json();
        claim(ownership.get(), "bridge " + json.path("bridge").asText(DEFAULT_BRIDGE));
      }
    }
  }

  private void claim(Ownership claims, String what) throws IOException {
    if (!claimed.contains(what)) {
      claims.claimInNetwork(what, "cni.conf_dir");
      claimed.add(what);
    }
  }
}
