package io.jukung.image.pull;

import io.jukung.cri.CriException;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.ImageConfig;
import io.jukung.image.manifest.Platform;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds the image that a name means for a platform, and pulls it where it is not here.
 *
 * <p>A tag names the image of the node's platform. Those of other platforms have the digests of
 * their manifests as names, and are found by the names by which they were pulled. Thread-safe.
 */
public final class NamedImages {
  private final ImageStore store;
  private final ImagePuller puller;

  /** When a registry is asked. */
  public enum Policy {
    /** Always, but not for an ID. */
    ALWAYS,
    /** If there is no such image here. */
    IF_MISSING,
    /** Never: an image that is not here is an error. */
    NEVER
  }

  /** Which image is wanted, and how it is pulled. */
  private record Wanted(
      String name,
      Platform platform,
      Function<String, Credentials> credentials,
      PullListener listener,
      String requester) {
    boolean isOwn() {
      return platform.isSame(Platform.current());
    }

    CriException notFound() {
      String kind = isOwn() ? "" : " for " + platform;
      return CriException.notFound("image \"" + name + "\"" + kind + " is not here");
    }
  }

  public NamedImages(ImageStore store, ImagePuller puller) {
    this.store = store;
    this.puller = puller;
  }

  /**
   * The image of a platform.
   *
   * @param name a reference or an ID
   * @param credentials for the host of a registry
   * @param requester who asks for the image, in words for people
   * @throws CriException NOT_FOUND if it is not here and must not be pulled, FAILED_PRECONDITION if
   *     there is none for the platform, UNKNOWN if the signature policy does not accept it, or as
   *     {@link ImagePuller#pull}
   */
  public StoredImage get(
      String name,
      Platform platform,
      Policy policy,
      Function<String, Credentials> credentials,
      PullListener listener,
      String requester)
      throws InterruptedException {
    var wanted = new Wanted(name, platform, credentials, listener, requester);
    Optional<StoredImage> here = store.find(name);
    boolean isId = here.isPresent() && here.get().id().endsWith(name);
    if (here.isPresent() && isOf(here.get(), platform) && (policy != Policy.ALWAYS || isId)) {
      puller.requireAccepted(here.get(), isId ? Optional.empty() : Optional.of(name));
      return here.get();
    }
    if (isId) {
      throw CriException.failedPrecondition("image " + name + " is not for " + platform);
    }
    ImageReference reference = ImageReference.parse(name);
    if (policy != Policy.ALWAYS) {
      Optional<StoredImage> foreign =
          store.findForeign(reference).stream().filter(each -> isOf(each, platform)).findFirst();
      if (foreign.isPresent()) {
        puller.requireAccepted(foreign.get(), Optional.empty());
        return foreign.get();
      }
    }
    if (policy == Policy.NEVER) {
      throw wanted.notFound();
    }
    return pull(wanted, reference);
  }

  private StoredImage pull(Wanted wanted, ImageReference reference) throws InterruptedException {
    Credentials credentials = wanted.credentials.apply(reference.domain());
    if (wanted.isOwn()) {
      return puller.pull(reference.toString(), credentials, wanted.listener, wanted.requester);
    }
    StoredImage pulled =
        puller.pullFor(
            wanted.platform, reference.toString(), credentials, wanted.listener, wanted.requester);
    if (!isOf(pulled, wanted.platform)) {
      throw CriException.failedPrecondition(
          "image %s is for %s and not for %s"
              .formatted(wanted.name, platformOf(pulled), wanted.platform));
    }
    return pulled;
  }

  /**
   * Whether an image is for a platform. One for this node's processors is for this node, whatever
   * variant it names, and so is one that does not say what it is for.
   */
  private static boolean isOf(StoredImage image, Platform platform) {
    Platform own = platformOf(image).normalised();
    boolean isForNode = platform.isSame(Platform.current());
    return own.isSame(platform)
        || (isForNode
            && (own.architecture().isEmpty()
                || own.architecture().equals(platform.normalised().architecture())));
  }

  private static Platform platformOf(StoredImage image) {
    ImageConfig config = image.config();
    return new Platform(config.os(), config.architecture(), config.variant());
  }
}
