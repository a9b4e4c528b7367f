package io.jukung.cri.docker;

import io.jukung.client.v1.Network;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Docker's ID of a container's place in a network. The daemon has none: a container is in a network
 * at most once, so that both IDs together name the place.
 */
final class EndpointId {
  private EndpointId() {}

  /** Returns 64 hexadecimal digits, which are the same as long as both things exist. */
  static String of(String containerId, Network network) {
    try {
      byte[] text = (containerId + "/" + network.getId()).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
