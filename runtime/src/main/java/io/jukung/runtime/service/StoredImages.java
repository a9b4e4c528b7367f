package io.jukung.runtime.service;

import io.jukung.image.Image;
import io.jukung.image.ImageConfig;
import io.jukung.image.ImageStore;
import io.jukung.runtime.spec.ImageDefaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@link ContainerImages} out of the image store. */
public final class StoredImages implements ContainerImages {
  private final ImageStore store;

  /** The images of this store. */
  public StoredImages(ImageStore store) {
    this.store = store;
  }

  @Override
  public Optional<Found> find(String reference) {
    return store.find(reference).map(StoredImages::found);
  }

  @Override
  public List<Path> acquire(String imageId, String user) throws IOException {
    return store.acquire(imageId, user).lowerDirectories();
  }

  @Override
  public void release(String user) throws IOException {
    store.release(user);
  }

  @Override
  public Set<String> users() {
    return store.leases();
  }

  private static Found found(Image image) {
    ImageConfig config = image.config();
    return new Found(
        image.id(),
        new ImageDefaults(
            config.user(),
            config.env(),
            config.entrypoint(),
            config.cmd(),
            config.workingDir(),
            config.stopSignal()));
  }
}
