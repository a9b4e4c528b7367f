package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.reference.ImageReference;
import java.util.List;
import java.util.Set;

/**
 * An image in an archive.
 *
 * @param names the names that the archive gives the image; not checked
 * @param registryForm whether {@code top} is the manifest that registries have. If the archive has
 *     no manifests, {@code top} was made up, and a registry does not know its digest
 */
public record ArchivedImage(FetchedManifest top, List<String> names, boolean registryForm) {
  /** The same image under another name, which the caller of the import gives. */
  public ArchivedImage named(String name) {
    return new ArchivedImage(top, List.of(name), registryForm);
  }

  /** Adds the tags and repositories of the names, normalised as for a pull. */
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
      // The name comes from the archive and not from the caller, so it is no invalid argument.
      throw new CriException(ErrorKind.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
    }
    if (reference.digest().isPresent() && !reference.digest().get().equals(top.digest())) {
      throw CriException.failedPrecondition(
          "image %s is called %s, which is another".formatted(top.digest(), reference));
    }
    return reference;
  }
}
