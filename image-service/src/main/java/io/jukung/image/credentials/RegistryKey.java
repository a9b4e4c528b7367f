package io.jukung.image.credentials;

import io.jukung.cri.CriException;
import io.jukung.image.reference.ImageReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The names under which auth files and credential helpers keep the credentials of a registry. */
final class RegistryKey {
  static final String DOCKER_HUB = "docker.io";

  /** The name under which Docker's own client keeps the credentials of Docker Hub. */
  private static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";

  private RegistryKey() {}

  /** The name that is written, and that helpers are asked for. */
  static String of(String domain) {
    return domain.equals(DOCKER_HUB) ? DOCKER_HUB_KEY : domain;
  }

  /** All names that a file may have for the whole registry, the usual one first. */
  static List<String> all(String domain) {
    List<String> keys = new ArrayList<>();
    keys.add(domain);
    if (domain.equals(DOCKER_HUB)) {
      keys.addAll(List.of("index.docker.io", DOCKER_HUB_KEY, "https://index.docker.io/v2/"));
    } else {
      keys.addAll(
          List.of(
              "https://" + domain,
              "https://" + domain + "/v1/",
              "https://" + domain + "/v2/",
              "http://" + domain));
    }
    return keys;
  }

  /**
   * The registry that a user means by a server's name or URL.
   *
   * @param server empty for Docker Hub
   * @throws CriException INVALID_ARGUMENT if it is neither
   */
  static String domain(String server) {
    String host = server.strip().replaceFirst("^https?://", "").replaceFirst("/.*$", "");
    if (host.isEmpty()) {
      if (!server.isBlank()) {
        throw CriException.invalidArgument("\"" + server + "\" names no registry");
      }
      return DOCKER_HUB;
    }
    // The registry of an image "HOST/x" is HOST if it can be one: "HOST" alone would be an image.
    boolean plain = host.indexOf('.') < 0 && host.indexOf(':') < 0 && !host.equals("localhost");
    if (plain) {
      throw CriException.invalidArgument(
          "\"%s\" is no registry: images of it would need a dot or a port in its name"
              .formatted(server));
    }
    String domain = ImageReference.parse(host + "/x").domain().toLowerCase(Locale.ROOT);
    return domain.equals("registry-1.docker.io") ? DOCKER_HUB : domain;
  }
}
