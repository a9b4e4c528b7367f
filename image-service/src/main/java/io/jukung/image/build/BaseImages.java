package io.jukung.image.build;

import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.NamedImages;
import io.jukung.image.store.StoredImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The images that a build names, which are pulled if they are not here. Each is looked up once, so
 * that all stages see the same one. Thread-safe.
 */
final class BaseImages {
  private final NamedImages images;
  private final NamedImages.Policy policy;
  private final List<Credentials> credentials;
  private final Map<Wanted, StoredImage> found = new HashMap<>();

  private record Wanted(String name, Platform platform) {}

  /**
   * @param always whether images are pulled although they are here
   * @param credentials each for the registry of its server's address
   */
  BaseImages(NamedImages images, boolean always, List<Credentials> credentials) {
    this.images = images;
    this.policy = always ? NamedImages.Policy.ALWAYS : NamedImages.Policy.IF_MISSING;
    this.credentials = credentials;
  }

  /** The image with a name or an ID. */
  StoredImage get(String name, Platform platform) throws InterruptedException {
    Wanted wanted = new Wanted(name, platform.normalised());
    // Two stages that begin with one image wait for one pull.
    synchronized (this) {
      StoredImage known = found.get(wanted);
      if (known == null) {
        known =
            images.get(
                name, wanted.platform, policy, this::credentialsFor, PullListener.NONE, "build");
        found.put(wanted, known);
      }
      return known;
    }
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
