package io.jukung.image.signature;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.reference.ImageReference;
import java.util.Optional;

/**
 * The name in a signature or a policy. Unlike the name of an image to be pulled, a name without tag
 * and digest means no tag: cosign signs such names.
 *
 * @param name registry and repository
 */
record SignedName(String name, Optional<String> tag, Optional<Digest> digest) {
  /**
   * Reads a name.
   *
   * @throws CriException INVALID_ARGUMENT for text that is no name
   */
  static SignedName parse(String text) {
    ImageReference parsed = ImageReference.parse(text);
    boolean tagged = text.lastIndexOf(':') > text.lastIndexOf('/') || parsed.digest().isPresent();
    return new SignedName(parsed.name(), tagged ? parsed.tag() : Optional.empty(), parsed.digest());
  }

  static SignedName of(ImageReference reference) {
    return new SignedName(reference.name(), reference.tag(), reference.digest());
  }

  /** Whether the name says nothing but a repository. */
  boolean isRepository() {
    return tag.isEmpty() && digest.isEmpty();
  }

  @Override
  public String toString() {
    return name + tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
  }
}
