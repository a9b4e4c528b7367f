package io.jukung.runtime.container;

import io.jukung.runtime.spec.ImageDefaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The images that containers are made from. Thread-safe. */
public interface ContainerImages {
  /**
   * An image that is here.
   *
   * @param volumes paths that it declares to be volumes
   */
  record Found(String id, ImageDefaults defaults, Set<String> volumes) {}

  /** By id, short id, tag, digest or name. */
  Optional<Found> find(String reference) throws IOException;

  /**
   * Keeps the image's layers until {@link #release}.
   *
   * @param user the container's id
   * @return the layers, topmost first
   */
  List<Path> acquire(String imageId, String user) throws IOException;

  /** As {@link #acquire}, of further images that the container mounts; released with its own. */
  List<Path> acquireVolume(String imageId, String user) throws IOException;

  /** Lets go; of nothing is fine. */
  void release(String user) throws IOException;

  /** Who has acquired and not released. */
  Set<String> users() throws IOException;
}
