package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.reference.ImageReference;
import java.util.List;
import java.util.Set;

/**
 * An image as an archive offers it.
 *
 * @param names as the archive has them; not checked
 * @param registryForm whether {@code top} is what a registry has, or had to be made from an archive
 *     that has no manifests: such a digest would lead nowhere
 */
public record ArchivedImage(FetchedManifest top, List<String> names, boolean registryForm) {
  /** The archive does not name the image; whoever asked for it does. */
  public ArchivedImage named(String name) {
    return new ArchivedImage(top, List.of(name), registryForm);
  }

  /** Adds what the names come to, normalised as those of a pull. */
  public void addNames(Set<String> tags, Set<String> repositories) {
    for (String name : names) {
      ImageReference reference = parse(name);
      reference.tag().ifPresent(tag -> tags.add(reference.name() + ":" + tag));
      if (registryForm) {
        repositories.add(reference.name());
      }
    }
  }

  private ImageReference parse(String name) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(name);
    } catch (CriException e) {
      // Not the caller's argument but the archive's content.
      throw new CriException(ErrorKind.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
    }
    if (reference.digest().isPresent() && !reference.digest().get().equals(top.digest())) {
      throw CriException.failedPrecondition(
          "image %s is called %s, which is another".formatted(top.digest(), reference));
    }
    return reference;
  }
}
