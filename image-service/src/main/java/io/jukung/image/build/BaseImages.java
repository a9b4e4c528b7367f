package io.jukung.image.build;

import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import java.util.HashMap;
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
  private final Map<String, StoredImage> found = new HashMap<>();

  /**
   * @param always whether images are pulled although they are here
   */
  BaseImages(ImageStore store, ImagePuller puller, boolean always) {
    this.store = store;
    this.puller = puller;
    this.always = always;
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
    String complete = ImageReference.parse(name).toString();
    return puller.pull(complete, Credentials.ANONYMOUS, PullListener.NONE, "build");
  }
}
