package io.jukung.image.content;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Digests and ciphers in native code, from AWS-LC through the Amazon Corretto Crypto Provider. The
 * daemon runs with Java's quick compiler only, with which Java's own SHA-256 has a tenth of this
 * speed, and its AES-GCM a hundredth (ADR 0027).
 *
 * <p>The library is loaded when it is first used, because a daemon that pulls nothing does not need
 * it. Where it cannot be loaded, Java's own code does the work, and the log says so once.
 */
public final class NativeCryptography {
  private static final Logger log = LoggerFactory.getLogger(NativeCryptography.class);

  /** Initialised by its first use. */
  private static final class Loaded {
    static final @Nullable Provider PROVIDER = load();
  }

  private NativeCryptography() {}

  /**
   * Makes TLS use the native ciphers. To be called before the first TLS connection. Later calls are
   * no-ops.
   */
  public static void useForTls() {
    if (Loaded.PROVIDER != null && Security.getProvider(Loaded.PROVIDER.getName()) == null) {
      Security.insertProviderAt(Loaded.PROVIDER, 1);
    }
  }

  /** Starts the computation of a digest of many bytes. */
  static MessageDigest digest(String algorithm) {
    Provider provider = Loaded.PROVIDER;
    if (provider == null) {
      return javaDigest(algorithm);
    }
    try {
      return MessageDigest.getInstance(algorithm, provider);
    } catch (NoSuchAlgorithmException e) {
      throw missing(algorithm, e);
    }
  }

  /** Starts the computation of a digest without loading the library. */
  static MessageDigest javaDigest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw missing(algorithm, e);
    }
  }

  private static IllegalStateException missing(String algorithm, NoSuchAlgorithmException e) {
    return new IllegalStateException("every Java platform has " + algorithm, e);
  }

  private static @Nullable Provider load() {
    try {
      AmazonCorrettoCryptoProvider provider = AmazonCorrettoCryptoProvider.INSTANCE;
      provider.assertHealthy();
      return provider;
    } catch (RuntimeException | LinkageError e) {
      log.warn(
          "NativeCryptography: pulls are slower, the library cannot be loaded: {}", e.toString());
      return null;
    }
  }
}
