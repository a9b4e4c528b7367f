package io.jukung.image.registry;

import io.jukung.cri.client.TimedBody;
import java.io.InputStream;
import java.time.Duration;

/**
 * The limits on waiting for a registry.
 *
 * @param connect the longest wait for a connection, TLS handshake included
 * @param response the longest wait from sending the request to the response's headers
 * @param idle the longest wait for the next byte of a body
 * @param progress the time in which 64 KiB of a body must arrive
 * @param backOff the pause before an overloaded host is asked a second time; it doubles each time
 */
public record RegistryTimeouts(
    Duration connect, Duration response, Duration idle, Duration progress, Duration backOff) {
  /**
   * Generous limits: a slow mirror is better than none, and callers have deadlines of their own.
   */
  public static final RegistryTimeouts DEFAULT =
      new RegistryTimeouts(
          Duration.ofSeconds(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofMinutes(5),
          Duration.ofMillis(500));

  /** Watches a response body: reading it fails if its sender stops or trickles. */
  InputStream watch(InputStream body) {
    return new TimedBody(body, idle, progress);
  }
}
