package io.jukung.image.signature;

import java.util.Base64;

/**
 * A signature as it is kept with its image, so that it can be checked again without its registry.
 *
 * @param payload what was signed, in base64
 * @param signature of the payload, in base64
 */
public record KeptSignature(String payload, String signature) {
  /** Kept by one image at most: an image has a signature for each signer and each name. */
  public static final int MAX_KEPT = 64;

  static KeptSignature of(byte[] payload, byte[] signature) {
    Base64.Encoder encoder = Base64.getEncoder();
    return new KeptSignature(encoder.encodeToString(payload), encoder.encodeToString(signature));
  }

  /**
   * Checks what was read from a file.
   *
   * @throws IllegalArgumentException if it is damaged
   */
  public void check() {
    if (payload == null || signature == null) { // Jackson sets fields to null that a file has not
      throw new IllegalArgumentException("a signature is not complete");
    }
    payloadBytes();
    signatureBytes();
  }

  byte[] payloadBytes() {
    return Base64.getDecoder().decode(payload);
  }

  byte[] signatureBytes() {
    return Base64.getDecoder().decode(signature);
  }
}
