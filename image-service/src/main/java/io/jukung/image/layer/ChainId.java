package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.image.content.Digest;
import java.util.ArrayList;
import java.util.List;

/**
 * Identifies a layer together with all layers below it (OCI image-spec, config.md, Layer ChainID).
 * Images share the layers that have the same chain ID.
 */
public record ChainId(Digest digest) {
  /** The chain ID of each layer of an image, in the order of the diff IDs. */
  public static List<ChainId> of(List<Digest> diffIds) {
    List<ChainId> chain = new ArrayList<>();
    for (Digest diffId : diffIds) {
      chain.add(
          chain.isEmpty()
              ? new ChainId(diffId)
              : new ChainId(
                  Digest.sha256((chain.getLast().digest + " " + diffId).getBytes(US_ASCII))));
    }
    return chain;
  }

  /** The chain ID as a file name. */
  String fileName() {
    return digest.algorithm().label() + "-" + digest.hex();
  }

  /**
   * @throws IllegalArgumentException for a name that is not a chain ID
   */
  static ChainId ofFileName(String name) {
    return new ChainId(Digest.parse(name.replaceFirst("-", ":")));
  }

  /** By hand, as {@link #hashCode}: Java would generate classes for them in each daemon. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ChainId that && digest.equals(that.digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return digest.toString();
  }
}
