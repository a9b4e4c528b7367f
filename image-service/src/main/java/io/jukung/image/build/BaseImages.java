package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.ImageConfig;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The images that a build names, which are pulled if they are not here. Each is looked up once, so
 * that all stages see the same one. Thread-safe.
 */
final class BaseImages {
  private final ImageStore store;
  private final ImagePuller puller;
  private final boolean always;
  private final List<Credentials> credentials;
  private final Map<Wanted, StoredImage> found = new HashMap<>();

  private record Wanted(String name, Platform platform) {}

  /**
   * @param always whether images are pulled although they are here
   * @param credentials each for the registry of its server's address
   */
  BaseImages(ImageStore store, ImagePuller puller, boolean always, List<Credentials> credentials) {
    this.store = store;
    this.puller = puller;
    this.always = always;
    this.credentials = credentials;
  }

  /** The image with a name or an ID. */
  StoredImage get(String name, Platform platform) throws IOException, InterruptedException {
    Wanted wanted = new Wanted(name, platform.normalised());
    // Two stages that begin with one image wait for one pull.
    synchronized (this) {
      StoredImage known = found.get(wanted);
      if (known == null) {
        boolean isOwn = platform.isSame(Platform.current());
        known = isOwn ? lookUp(name) : lookUpForeign(name, wanted.platform);
        found.put(wanted, known);
      }
      return known;
    }
  }

  /**
   * An image of another platform: that of the name, if it has this platform, or the one that the
   * index names by which the image of the name came here, or what the registry has.
   */
  private StoredImage lookUpForeign(String name, Platform platform)
      throws IOException, InterruptedException {
    Optional<StoredImage> here = store.find(name);
    boolean isId = here.isPresent() && here.get().id().endsWith(name);
    if (here.isPresent() && isOf(here.get(), platform) && (!always || isId)) {
      puller.requireAccepted(here.get(), isId ? Optional.empty() : Optional.of(name));
      return here.get();
    }
    if (isId) {
      throw CriException.failedPrecondition("image " + name + " is not for " + platform);
    }
    ImageReference reference = ImageReference.parse(name);
    Optional<StoredImage> sibling =
        always || here.isEmpty() ? Optional.empty() : sibling(here.get(), reference, platform);
    if (sibling.isPresent()) {
      puller.requireAccepted(sibling.get(), Optional.empty());
      return sibling.get();
    }
    StoredImage pulled =
        puller.pullFor(platform, reference.toString(), credentialsFor(reference.domain()), "build");
    if (!isOf(pulled, platform)) {
      throw CriException.failedPrecondition(
          "image %s is for %s and not for %s".formatted(name, platformOf(pulled), platform));
    }
    return pulled;
  }

  private Optional<StoredImage> sibling(
      StoredImage own, ImageReference reference, Platform platform) throws IOException {
    for (Digest document : store.signed(own.id()).documents()) {
      byte[] content = store.content().read(document, ManifestDocument.MAX_BYTES);
      if (ManifestDocument.parse(document, content, Optional.empty()) instanceof ImageIndex index) {
        Optional<StoredImage> found =
            platform
                .select(index.entries())
                .flatMap(entry -> store.find(reference.name() + "@" + entry.descriptor().digest()));
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isOf(StoredImage image, Platform platform) {
    return platformOf(image).isSame(platform);
  }

  private static Platform platformOf(StoredImage image) {
    ImageConfig config = image.config();
    return new Platform(config.os(), config.architecture(), config.variant());
  }

  private StoredImage lookUp(String name) throws InterruptedException {
    Optional<StoredImage> here = store.find(name);
    boolean isId = here.isPresent() && here.get().id().endsWith(name);
    if (here.isPresent() && (!always || isId)) {
      puller.requireAccepted(here.get(), isId ? Optional.empty() : Optional.of(name));
      return here.get();
    }
    ImageReference reference = ImageReference.parse(name);
    return puller.pull(
        reference.toString(), credentialsFor(reference.domain()), PullListener.NONE, "build");
  }

  /** The given credentials for a registry; without any, the puller looks for the node's own. */
  private Credentials credentialsFor(String domain) {
    return credentials.stream()
        .map(each -> each.forRegistry(domain))
        .filter(each -> each.kind() != Credentials.Kind.ANONYMOUS)
        .findFirst()
        .orElse(Credentials.ANONYMOUS);
  }
}
