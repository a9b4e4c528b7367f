package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Consent;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
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
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung image prune}: removes images that nobody uses. */
@Command(
    name = "prune",
    description =
        "Removes the images that have no tag and that no container uses. Pinned images stay.",
    mixinStandardHelpOptions = true)
public final class ImagePrune extends ClientCommand {
  @Option(
      names = {"-a", "--all"},
      description =
          "Remove tagged images, too. kubelet has to pull them again for the next pod that needs"
              + " them.")
  boolean all;

  @Option(
      names = {"-f", "--force"},
      description = "Do not ask.")
  boolean force;

  public ImagePrune(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) throws IOException {
    List<Image> unused = unused(connection);
    String warning = "This removes %d images that no container uses.".formatted(unused.size());
    if (!force && !unused.isEmpty() && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    long before = bytes(connection);
    for (Image image : unused) {
      var _ =
          connection
              .images(Connection.CHANGE)
              .removeImage(
                  RemoveImageRequest.newBuilder()
                      .setImage(ImageSpec.newBuilder().setImage(image.getId()))
                      .build());
      out().println("deleted: " + image.getId());
    }
    long freed = Math.max(0, before - bytes(connection));
    out().println("Total reclaimed space: " + HumanSize.format(freed));
    return ExitCode.OK;
  }

  /** The images are listed first: one that a container gets meanwhile counts as used. */
  private List<Image> unused(Connection connection) {
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
        .toList();
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
