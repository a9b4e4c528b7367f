package io.jukung.engine.image;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.Mount;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Which images containers use, as their own or mounted as a volume, at one moment. */
public final class ImageUse {
  /** How many containers use an image, by its ID or by the name that they mount it by. */
  private final Map<String, Integer> containers = new HashMap<>();

  private ImageUse() {}

  /**
   * Asks the daemon.
   *
   * @throws StatusRuntimeException if it does not answer
   */
  public static ImageUse ask(Daemon daemon, Lookup lookup) {
    ImageUse use = new ImageUse();
    for (Container each : lookup.containers()) {
      Optional<ContainerStatus> status = daemon.status(each.getId());
      status.ifPresent(use::add);
    }
    return use;
  }

  private void add(ContainerStatus status) {
    Stream<String> mounted =
        status.getMountsList().stream()
            .filter(Mount::hasImage)
            .map(mount -> mount.getImage().getImage());
    Stream.concat(Stream.of(status.getImageId()), mounted)
        .distinct()
        .forEach(each -> containers.merge(each, 1, Integer::sum));
  }

  /** How many containers use the image, running or not. */
  public int count(Image image) {
    return Stream.of(
            Stream.of(image.getId()),
            image.getRepoTagsList().stream(),
            image.getRepoDigestsList().stream())
        .flatMap(each -> each)
        .mapToInt(each -> containers.getOrDefault(each, 0))
        .sum();
  }
}
