package io.jukung.cli.ssh;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.util.Arrays;
import java.util.Base64;

/** A private key as ssh-keygen writes it (PROTOCOL.key of OpenSSH), without a passphrase. */
final class PrivateKeyFile {
  private static final String BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
  private static final String END = "-----END OPENSSH PRIVATE KEY-----";
  private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
  private static final int SEED_BYTES = 32;

  private PrivateKeyFile() {}

  /**
   * A key.
   *
   * @param type as in {@code ssh-ed25519}
   * @param publicKey in SSH's form
   */
  record Key(String type, byte[] publicKey, PrivateKey privateKey, String comment) {}

  /**
   * Reads a key.
   *
   * @throws IOException if the text is none, or a key that only ssh-agent can be given
   */
  static Key read(String text) throws IOException {
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException(
          "it is no key in the form of OpenSSH; give it to ssh-agent, and use --ssh default");
    }
    byte[] all;
    try {
      all = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end).strip());
    } catch (IllegalArgumentException e) {
      throw new IOException("it is no key in the form of OpenSSH", e);
    }
    SshData.Reader data = new SshData.Reader(all);
    if (!Arrays.equals(data.bytes(MAGIC.length), MAGIC)) {
      throw new IOException("it is no key in the form of OpenSSH");
    }
    if (!data.text().equals("none")) {
      throw new IOException(
          "it has a passphrase; give it to ssh-agent by ssh-add, and use --ssh default");
    }
    var _ = data.string(); // the key derivation function, which is none too
    var _ = data.string();
    if (data.integer() != 1) {
      throw new IOException("it has not exactly one key");
    }
    byte[] publicKey = data.string();
    SshData.Reader secret = new SshData.Reader(data.string());
    int check = secret.integer();
    if (secret.integer() != check) {
      throw new IOException("it is damaged");
    }
    String type = secret.text();
    try {
      PrivateKey key = privateKey(type, secret);
      return new Key(type, publicKey, key, secret.text());
    } catch (GeneralSecurityException e) {
      throw new IOException("it is no usable key", e);
    }
  }

  private static PrivateKey privateKey(String type, SshData.Reader secret)
      throws IOException, GeneralSecurityException {
    return switch (type) {
      case "ssh-ed25519" -> {
        var _ = secret.string(); // the public key
        byte[] seed = Arrays.copyOf(secret.string(), SEED_BYTES);
        yield KeyFactory.getInstance("Ed25519")
            .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
      }
      case "ssh-rsa" -> rsa(secret);
      case "ecdsa-sha2-nistp256" -> elliptic(secret, "secp256r1");
      case "ecdsa-sha2-nistp384" -> elliptic(secret, "secp384r1");
      case "ecdsa-sha2-nistp521" -> elliptic(secret, "secp521r1");
      default ->
          throw new IOException(
              "it is of the type "
                  + type
                  + "; give it to ssh-agent by ssh-add, and use --ssh default");
    };
  }

  private static PrivateKey rsa(SshData.Reader secret)
      throws IOException, GeneralSecurityException {
    BigInteger modulus = secret.number();
    BigInteger publicExponent = secret.number();
    BigInteger privateExponent = secret.number();
    BigInteger coefficient = secret.number();
    BigInteger p = secret.number();
    BigInteger q = secret.number();
    return KeyFactory.getInstance("RSA")
        .generatePrivate(
            new RSAPrivateCrtKeySpec(
                modulus,
                publicExponent,
                privateExponent,
                p,
                q,
                privateExponent.mod(p.subtract(BigInteger.ONE)),
                privateExponent.mod(q.subtract(BigInteger.ONE)),
                coefficient));
  }

  private static PrivateKey elliptic(SshData.Reader secret, String curve)
      throws IOException, GeneralSecurityException {
    var _ = secret.string(); // the name of the curve
    var _ = secret.string(); // the public key
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(curve));
    return KeyFactory.getInstance("EC")
        .generatePrivate(
            new ECPrivateKeySpec(
                secret.number(), parameters.getParameterSpec(ECParameterSpec.class)));
  }
}
