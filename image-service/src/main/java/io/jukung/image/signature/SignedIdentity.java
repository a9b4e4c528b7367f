package io.jukung.image.signature;

import io.jukung.cri.CriException;
import io.jukung.image.reference.ImageReference;

/** Which name a signature must have been made for (signedIdentity of containers-policy.json(5)). */
sealed interface SignedIdentity {
  /**
   * Whether a signature for a name is one for the image.
   *
   * @param image with a tag or a digest
   */
  boolean matches(ImageReference image, SignedName signed);

  /** What the policy file calls it. */
  String type();

  /** The same name, with its tag or digest. */
  record MatchExact() implements SignedIdentity {
    @Override
    public boolean matches(ImageReference image, SignedName signed) {
      return !signed.isRepository() && signed.equals(SignedName.of(image));
    }

    @Override
    public String type() {
      return "matchExact";
    }
  }

  /** The same name with its tag; for an image that is named by its digest, the same repository. */
  record MatchRepoDigestOrExact() implements SignedIdentity {
    @Override
    public boolean matches(ImageReference image, SignedName signed) {
      return image.tag().isPresent()
          ? signed.equals(SignedName.of(image))
          : signed.name().equals(image.name());
    }

    @Override
    public String type() {
      return "matchRepoDigestOrExact";
    }
  }

  /** The same repository, with any tag or none. */
  record MatchRepository() implements SignedIdentity {
    @Override
    public boolean matches(ImageReference image, SignedName signed) {
      return signed.name().equals(image.name());
    }

    @Override
    public String type() {
      return "matchRepository";
    }
  }

  /** One name, whatever the image is called. */
  record ExactReference(SignedName reference) implements SignedIdentity {
    @Override
    public boolean matches(ImageReference image, SignedName signed) {
      return signed.equals(reference);
    }

    @Override
    public String type() {
      return "exactReference";
    }
  }

  /** One repository, whatever the image is called. */
  record ExactRepository(String repository) implements SignedIdentity {
    @Override
    public boolean matches(ImageReference image, SignedName signed) {
      return signed.name().equals(repository);
    }

    @Override
    public String type() {
      return "exactRepository";
    }
  }

  /**
   * As {@link MatchRepoDigestOrExact}, after the beginning of the image's name was replaced.
   *
   * @param prefix a registry, with or without the beginning of a repository; images with other
   *     names keep theirs
   */
  record RemapIdentity(String prefix, String signedPrefix) implements SignedIdentity {
    private static final SignedIdentity MATCH = new MatchRepoDigestOrExact();

    @Override
    public boolean matches(ImageReference image, SignedName signed) {
      String name = image.name();
      if (!name.equals(prefix) && !name.startsWith(prefix + "/")) {
        return MATCH.matches(image, signed);
      }
      String wanted = signedPrefix + image.toString().substring(prefix.length());
      try {
        ImageReference mapped = ImageReference.parse(wanted);
        // A name that is completed (busybox: docker.io/library/busybox) is not the mapped name.
        return mapped.toString().equals(wanted) && MATCH.matches(mapped, signed);
      } catch (CriException e) {
        return false; // the mapped name is none, so that nobody can have signed it
      }
    }

    @Override
    public String type() {
      return "remapIdentity";
    }
  }
}
