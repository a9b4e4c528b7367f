package io.jukung.image.signature;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.cri.CriException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A public key that signatures are verified with: ECDSA on P-256 or P-384, RSA (PKCS #1 v1.5) of at
 * least 2048 bits, or Ed25519, as cosign signs with them. Thread-safe.
 */
final class VerificationKey {
  private static final int LEAST_RSA_BITS = 2048;
  private static final int MOST_RSA_BITS = 8192;
  private static final int P256_BITS = 256;
  private static final int P384_BITS = 384;

  /** A SubjectPublicKeyInfo block (RFC 7468, 13). */
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]*)-----END PUBLIC KEY-----");

  private final PublicKey key;
  private final List<String> algorithms;

  private VerificationKey(PublicKey key, List<String> algorithms) {
    this.key = key;
    this.algorithms = algorithms;
  }

  /**
   * Reads the one public key of a PEM text.
   *
   * @param what the text's name in messages
   * @throws CriException FAILED_PRECONDITION for a text without a key, with several, or with one of
   *     another kind
   */
  static VerificationKey read(String what, byte[] pem) {
    Matcher block = BLOCK.matcher(new String(pem, US_ASCII));
    if (!block.find()) {
      throw refused(what, "it has no block BEGIN PUBLIC KEY");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(block.group(1));
    } catch (IllegalArgumentException e) {
      throw refused(what, "its public key is not base64");
    }
    if (block.find()) {
      throw refused(what, "it has several public keys: name a file for each in keyPaths");
    }
    PublicKey key = decode(what, new X509EncodedKeySpec(der));
    return new VerificationKey(key, algorithms(what, key));
  }

  private static PublicKey decode(String what, X509EncodedKeySpec encoded) {
    for (String kind : List.of("EC", "RSA", "Ed25519")) {
      try {
        return KeyFactory.getInstance(kind).generatePublic(encoded);
      } catch (InvalidKeySpecException e) {
        // A key of another kind.
      } catch (GeneralSecurityException e) {
        throw CriException.internal("this Java runtime knows no keys of kind " + kind, e);
      }
    }
    throw refused(what, "its public key is damaged, or neither EC nor RSA nor Ed25519");
  }

  private static List<String> algorithms(String what, PublicKey key) {
    return switch (key) {
      case ECPublicKey curve ->
          switch (curve.getParams().getCurve().getField().getFieldSize()) {
            case P256_BITS -> List.of("SHA256withECDSA");
            // cosign has used SHA-256 with every curve before it chose the hash by the curve.
            case P384_BITS -> List.of("SHA384withECDSA", "SHA256withECDSA");
            default -> throw refused(what, "its curve is neither P-256 nor P-384");
          };
      case RSAPublicKey rsa -> {
        int bits = rsa.getModulus().bitLength();
        if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
          throw refused(
              what,
              "its RSA key has %d bits, not %d to %d"
                  .formatted(bits, LEAST_RSA_BITS, MOST_RSA_BITS));
        }
        yield List.of("SHA256withRSA");
      }
      case EdECPublicKey _ -> List.of("Ed25519");
      default -> throw refused(what, "its public key is neither EC nor RSA nor Ed25519");
    };
  }

  /** Whether the signature is one of the payload by the key's owner. */
  boolean verifies(byte[] payload, byte[] signature) {
    for (String algorithm : algorithms) {
      try {
        Signature verification = Signature.getInstance(algorithm);
        verification.initVerify(key);
        verification.update(payload);
        if (verification.verify(signature)) {
          return true;
        }
      } catch (SignatureException e) {
        // The signature's form is another one: it is not by this key.
      } catch (GeneralSecurityException e) {
        throw CriException.internal("this Java runtime cannot verify " + algorithm, e);
      }
    }
    return false;
  }

  private static CriException refused(String what, String reason) {
    return CriException.failedPrecondition(what + " is refused: " + reason);
  }
}
