package io.jukung.image.registry;

import java.time.Duration;

/**
 * How long a registry may keep us waiting.
 *
 * @param connect for a connection, TLS included
 * @param response from the request to the answer's head
 * @param idle without a single byte of a body
 */
public record RegistryTimeouts(Duration connect, Duration response, Duration idle) {
  /** Generous: a slow mirror is better than none, and the caller's own deadline ends it too. */
  public static final RegistryTimeouts DEFAULT =
      new RegistryTimeouts(Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(60));
}
