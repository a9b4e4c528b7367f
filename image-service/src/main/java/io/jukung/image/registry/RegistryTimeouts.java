package io.jukung.image.registry;

import java.time.Duration;

/**
 * How long a registry may keep us waiting.
 *
 * @param connect for a connection, TLS included
 * @param response from the request to the answer's head
 * @param idle without a single byte of a body
 * @param progress in which a body must bring {@value TimedBody#MIN_PROGRESS_BYTES} bytes
 * @param backOff before a host that was overloaded is asked a second time; longer each time then
 */
public record RegistryTimeouts(
    Duration connect, Duration response, Duration idle, Duration progress, Duration backOff) {
  /** Generous: a slow mirror is better than none, and the caller's own deadline ends it too. */
  public static final RegistryTimeouts DEFAULT =
      new RegistryTimeouts(
          Duration.ofSeconds(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofMinutes(5),
          Duration.ofMillis(500));
}
