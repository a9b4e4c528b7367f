package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.RemoveImageRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The images that no container uses. Pinned images are never among them.
 *
 * @param all whether those with tags are removed, too
 */
public record UnusedImages(PruneFilter filter, boolean all) implements Pruning {
  @Override
  public String what() {
    return all ? "all images that no container uses" : "all images without a tag or a container";
  }

  @Override
  public long prune(Connection connection, CliEnvironment environment) {
    List<Image> unused = find(connection);
    long before = bytes(connection);
    for (Image image : unused) {
      var _ =
          connection
              .images(Connection.CHANGE)
              .removeImage(
                  RemoveImageRequest.newBuilder()
                      .setImage(ImageSpec.newBuilder().setImage(image.getId()))
                      .build());
      environment.out().println("deleted: " + image.getId());
    }
    return Math.max(0, before - bytes(connection));
  }

  /** The images are listed first: one that a container gets meanwhile counts as used. */
  private List<Image> find(Connection connection) {
    List<Image> images =
        connection.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
    Set<String> used = new HashSet<>();
    for (Container container :
        connection
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList()) {
      connection.containerStatus(container.getId()).ifPresent(status -> add(status, used));
    }
    return images.stream()
        .filter(image -> all || image.getRepoTagsCount() == 0)
        .filter(image -> !image.getPinned() && !isUsed(image, used))
        .filter(image -> isChosen(connection, image))
        .toList();
  }

  private boolean isChosen(Connection connection, Image image) {
    if (!filter.hasTime() && !filter.hasLabels()) {
      return true; // the configuration need not be asked for
    }
    Map<String, String> labels = ImageTimes.labels(connection, image.getId());
    return filter.fits(ImageTimes.created(connection, image.getId()), labels);
  }

  /** Adds the container's own image, and those that it mounts as volumes. */
  private static void add(ContainerStatus status, Set<String> used) {
    used.add(status.getImageId());
    status.getMountsList().stream()
        .filter(Mount::hasImage)
        .forEach(mount -> used.add(mount.getImage().getImage()));
  }

  private static boolean isUsed(Image image, Set<String> used) {
    return used.contains(image.getId())
        || image.getRepoTagsList().stream().anyMatch(used::contains)
        || image.getRepoDigestsList().stream().anyMatch(used::contains);
  }

  private static long bytes(Connection connection) {
    UsageResponse usage = connection.jukung().usage(UsageRequest.getDefaultInstance());
    return usage.getBlobBytes() + usage.getLayerBytes();
  }
}
