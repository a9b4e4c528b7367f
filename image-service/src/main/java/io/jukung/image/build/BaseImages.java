package io.jukung.image.build;

import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
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
  private final Map<String, StoredImage> found = new HashMap<>();

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
  StoredImage get(String name) throws InterruptedException {
    // Two stages that begin with one image wait for one pull.
    synchronized (this) {
      StoredImage known = found.get(name);
      if (known == null) {
        known = lookUp(name);
        found.put(name, known);
      }
      return known;
    }
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
