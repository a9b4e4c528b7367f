package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.image.content.Digest;
import java.util.ArrayList;
import java.util.List;

/**
 * Names a layer together with all below it (OCI image-spec, config.md, Layer ChainID): what is
 * shared between images is what has the same one.
 */
public record ChainId(Digest digest) {
  /** Of each layer of an image, in the order of its diff ids. */
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

  /** As a file name: the algorithm matters only where it is not the usual one. */
  String fileName() {
    return digest.algorithm().label() + "-" + digest.hex();
  }

  /**
   * @throws IllegalArgumentException for a name that is none
   */
  static ChainId ofFileName(String name) {
    return new ChainId(Digest.parse(name.replaceFirst("-", ":")));
  }

  @Override
  public String toString() {
    return digest.toString();
  }
}
