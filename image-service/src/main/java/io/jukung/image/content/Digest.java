package io.jukung.image.content;

import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The name of content: a hash algorithm and the content's hash, such as {@code sha256:0123…} (OCI
 * image-spec, descriptor.md). Every instance is well-formed, so that its text is safe in paths and
 * URLs.
 *
 * @param hex the hash in lower-case hexadecimal digits
 */
public record Digest(Algorithm algorithm, String hex) implements Comparable<Digest> {
  /** The algorithms that the image-spec registers. */
  public enum Algorithm {
    SHA256("sha256", "SHA-256", 64),
    SHA512("sha512", "SHA-512", 128);

    private final String label;
    private final String javaName;
    private final int hexLength;

    Algorithm(String label, String javaName, int hexLength) {
      this.label = label;
      this.javaName = javaName;
      this.hexLength = hexLength;
    }

    /** The algorithm's name in digests. */
    public String label() {
      return label;
    }

    /** Starts the computation for a stream of bytes. */
    public MessageDigest start() {
      return NativeCryptography.digest(javaName);
    }

    /** Starts the computation for a few kilobytes, for which no library is loaded. */
    private MessageDigest startSmall() {
      return NativeCryptography.javaDigest(javaName);
    }
  }

  /** Checks that the hash is well-formed. */
  public Digest {
    if (hex.length() != algorithm.hexLength || !isLowerHex(hex)) {
      throw new IllegalArgumentException(
          "digest is not %d lower-case hexadecimal digits of %s: %s"
              .formatted(algorithm.hexLength, algorithm.label, shorten(hex)));
    }
  }

  /**
   * Parses {@code algorithm:hex}.
   *
   * @throws IllegalArgumentException with a reason that is fit for the user
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("digest has no algorithm: " + shorten(text));
    }
    String label = text.substring(0, colon);
    for (Algorithm algorithm : Algorithm.values()) {
      if (algorithm.label.equals(label)) {
        return new Digest(algorithm, text.substring(colon + 1));
      }
    }
    throw new IllegalArgumentException("digest algorithm is not supported: " + shorten(label));
  }

  /** The digest of the bytes that the computation has received. The computation is reset. */
  public static Digest of(Algorithm algorithm, MessageDigest computation) {
    return new Digest(algorithm, HexFormat.of().formatHex(computation.digest()));
  }

  /** The content's SHA-256 digest. */
  public static Digest sha256(byte[] content) {
    MessageDigest computation = Algorithm.SHA256.startSmall();
    computation.update(content);
    return of(Algorithm.SHA256, computation);
  }

  /** Whether the content has this digest. */
  public boolean matches(byte[] content) {
    MessageDigest computation = algorithm.startSmall();
    computation.update(content);
    return of(algorithm, computation).equals(this);
  }

  /** By hand, as {@link #hashCode}: Java would generate classes for them in each daemon. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Digest that && algorithm == that.algorithm && hex.equals(that.hex);
  }

  @Override
  public int hashCode() {
    return hex.hashCode();
  }

  @Override
  public int compareTo(Digest other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return algorithm.label + ":" + hex;
  }

  static boolean isLowerHex(String text) {
    return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  /** Untrusted text for a message: at most 80 characters, control characters replaced. */
  private static String shorten(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return plain.length() <= 80 ? plain : plain.substring(0, 80) + "…";
  }
}
