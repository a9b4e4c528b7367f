package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.airlift.security.pem.PemReader;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a private key without a password from PEM text: PKCS #8, and the older PKCS #1 (RSA) and
 * SEC 1 (elliptic curves) that kubeadm and older tools write. No message quotes any of the text.
 */
final class PemKey {
  /** A PKCS #8 block (RFC 7468, 10). */
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END PRIVATE KEY-----");

  private PemKey() {}

  /**
   * Returns the first private key in the text; certificates may stand around it.
   *
   * @throws GeneralSecurityException with a reason that is fit for the user
   */
  static PrivateKey read(String pem) throws GeneralSecurityException {
    try {
      return PemReader.loadPrivateKey(pem, Optional.empty());
    } catch (InvalidKeySpecException e) {
      return readEdwardsCurve(pem)
          .orElseThrow(
              () ->
                  new InvalidKeySpecException(
                      "the private key is damaged or of an unknown kind: " + e.getMessage()));
    } catch (IOException | RuntimeException e) {
      // The parser of older forms throws what its array accesses throw. The cause is left out: its
      // message may quote bytes of the key.
      throw new InvalidKeySpecException("the private key is damaged");
    }
  }

  /** Reads an Ed25519 or Ed448 key, which PemReader does not know; empty for any other. */
  private static Optional<PrivateKey> readEdwardsCurve(String pem) throws GeneralSecurityException {
    Matcher block = PKCS8.matcher(pem);
    if (!block.find()) {
      return Optional.empty();
    }
    byte[] der = Base64.getMimeDecoder().decode(block.group(1).getBytes(US_ASCII));
    try {
      return Optional.of(
          KeyFactory.getInstance("EdDSA").generatePrivate(new PKCS8EncodedKeySpec(der)));
    } catch (InvalidKeySpecException e) {
      return Optional.empty();
    }
  }
}
