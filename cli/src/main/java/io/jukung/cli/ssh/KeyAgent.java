package io.jukung.cli.ssh;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Arrays;

/** An agent that has one key, which it has read from a file. */
record KeyAgent(PrivateKeyFile.Key key) implements Agent {
  private static final int SHA256_WANTED = 2;
  private static final int SHA512_WANTED = 4;

  @Override
  public byte[] answer(byte[] request) throws IOException {
    SshData.Reader data = new SshData.Reader(request);
    int type = data.bytes(1)[0];
    if (type == AgentMessages.REQUEST_IDENTITIES) {
      return new SshData.Writer()
          .raw(AgentMessages.IDENTITIES_ANSWER)
          .integer(1)
          .string(key.publicKey())
          .text(key.comment())
          .bytes();
    }
    if (type != AgentMessages.SIGN_REQUEST || !Arrays.equals(data.string(), key.publicKey())) {
      return AgentMessages.failure();
    }
    byte[] content = data.string();
    int flags = data.integer();
    try {
      return signed(content, flags);
    } catch (GeneralSecurityException e) {
      throw new IOException("sign with a key of the type " + key.type(), e);
    }
  }

  private byte[] signed(byte[] content, int flags) throws GeneralSecurityException {
    return switch (key.type()) {
      case "ssh-ed25519" -> response(key.type(), raw("Ed25519", content));
      case "ecdsa-sha2-nistp256" -> response(key.type(), elliptic("SHA256", content));
      case "ecdsa-sha2-nistp384" -> response(key.type(), elliptic("SHA384", content));
      case "ecdsa-sha2-nistp521" -> response(key.type(), elliptic("SHA512", content));
      default -> rsa(content, flags);
    };
  }

  /** A request without flags means a signature with SHA-1, which servers of today refuse. */
  private byte[] rsa(byte[] content, int flags) throws GeneralSecurityException {
    if ((flags & SHA512_WANTED) != 0) {
      return response("rsa-sha2-512", raw("SHA512withRSA", content));
    }
    return (flags & SHA256_WANTED) != 0
        ? response("rsa-sha2-256", raw("SHA256withRSA", content))
        : response("ssh-rsa", raw("SHA1withRSA", content));
  }

  private byte[] elliptic(String hash, byte[] content) throws GeneralSecurityException {
    byte[] both = raw(hash + "withECDSAinP1363Format", content);
    int half = both.length / 2;
    return new SshData.Writer()
        .number(new BigInteger(1, Arrays.copyOf(both, half)))
        .number(new BigInteger(1, Arrays.copyOfRange(both, half, both.length)))
        .bytes();
  }

  private byte[] raw(String algorithm, byte[] content) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key.privateKey());
    signature.update(content);
    return signature.sign();
  }

  private static byte[] response(String algorithm, byte[] signature) {
    return new SshData.Writer()
        .raw(AgentMessages.SIGN_RESPONSE)
        .string(new SshData.Writer().text(algorithm).string(signature).bytes())
        .bytes();
  }
}
