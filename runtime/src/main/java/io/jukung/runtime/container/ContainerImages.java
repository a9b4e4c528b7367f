package io.jukung.runtime.container;

import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.spec.ImageDefaults;
import io.jukung.runtime.store.SandboxRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The images that containers are made from. Thread-safe. */
public interface ContainerImages {
  /**
   * An image that was pulled.
   *
   * @param volumes the paths that the image declares to be volumes
   */
  record Found(String id, ImageDefaults defaults, Set<String> volumes) {}

  /**
   * The names under which an image is shown.
   *
   * @param tags its names with a tag, of which the first is shown if no other was asked for
   * @param digest the first of its names with a digest; empty if it has none
   */
  record Names(List<String> tags, String digest) {
    public static final Names NONE = new Names(List.of(), "");

    /** By hand, as {@link #hashCode}: Java would generate classes for them in each daemon. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Names that && tags.equals(that.tags) && digest.equals(that.digest);
    }

    @Override
    public int hashCode() {
      return 31 * tags.hashCode() + digest.hashCode();
    }
  }

  /** Finds an image by id, short id, tag, digest or name. */
  Optional<Found> find(String reference) throws IOException;

  /**
   * Checks that the node's signature policy accepts an image that is here.
   *
   * @param asked the image as the request names it
   * @param userSpecified the name that the user has given; empty if the request has none
   * @param use who wants to use it
   * @throws io.jukung.cri.CriException if the policy does not accept the image
   */
  void checkPolicy(Found image, String asked, String userSpecified, Use use) throws IOException;

  /** Who wants to use an image. */
  enum Use {
    /** A client of the daemon, such as kubelet. */
    CLIENT,
    /** A build, whose intermediate results come from images that the policy has accepted. */
    BUILD;

    /** The use in a pod. */
    public static Use in(SandboxRecord sandbox) {
      return OwnContainers.isOfBuild(sandbox) ? BUILD : CLIENT;
    }
  }

  /** The annotations of the image's manifests (OCI image-spec, annotations.md). */
  Map<String, String> annotations(String imageId) throws IOException;

  /** The present names of an image; none if the image is not here any more. */
  Names names(String imageId);

  /**
   * Leases the image's layers until {@link #release}.
   *
   * @param user the container's id
   * @return the layers, topmost first
   */
  List<Path> acquire(String imageId, String user) throws IOException;

  /** Leases another image that the container mounts. It is released together with the first one. */
  List<Path> acquireVolume(String imageId, String user) throws IOException;

  /** Releases all leases of the container. Releasing without a lease is a no-op. */
  void release(String user) throws IOException;

  /** The ids of the containers that have leases. */
  Set<String> users() throws IOException;
}
