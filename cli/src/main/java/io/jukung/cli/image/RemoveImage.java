package io.jukung.cli.image;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.UntagRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung rmi}: removes images, or one of several tags of an image. */
@Command(
    name = "rmi",
    description = "Removes images. One of several tags is taken from its image, which stays.",
    mixinStandardHelpOptions = true)
public final class RemoveImage extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description =
          "Remove an image that containers use, which keep its files, and by its ID an image that"
              + " has several tags.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "IMAGE")
  List<String> images = List.of();

  public RemoveImage(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return images;
  }

  @Override
  protected void apply(Connection connection, String name) {
    String known = Lookup.image(connection, name);
    ImageSpec spec = ImageSpec.newBuilder().setImage(known).build();
    var status =
        connection.images().imageStatus(ImageStatusRequest.newBuilder().setImage(spec).build());
    // CRI's RemoveImage succeeds for a name that does not exist, but the user has mistyped it.
    if (!status.hasImage()) {
      throw CliException.failed("no such image: " + name);
    }
    Image image = status.getImage();
    if (image.getRepoTagsCount() > 1) {
      boolean isTag = !image.getId().endsWith(known) && !name.contains("@");
      if (isTag) {
        untag(connection, name);
        return;
      }
      if (!force) {
        throw CliException.failed(
            "image "
                + name
                + " has the tags "
                + String.join(", ", image.getRepoTagsList())
                + ": remove them by name, or all with -f");
      }
    }
    if (!force) {
      requireUnused(connection, image, name);
    }
    connection
        .images(Connection.CHANGE)
        .removeImage(RemoveImageRequest.newBuilder().setImage(spec).build());
  }

  private static void untag(Connection connection, String tag) {
    try {
      var _ = connection.jukung().untag(UntagRequest.newBuilder().setTag(tag).build());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
        throw e;
      }
      throw CliException.failed(
          "the runtime behind the socket cannot take one of several tags from an image; its ID with"
              + " -f removes them all");
    }
  }

  private static void requireUnused(Connection connection, Image image, String name) {
    for (Container each :
        connection
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList()) {
      if (each.getImageId().equals(image.getId())) {
        throw CliException.failed(
            "image "
                + name
                + " is used by container "
                + each.getMetadata().getName()
                + " ("
                + ShortId.of(each.getId())
                + "): remove it before, or use -f, by which the container keeps its files");
      }
    }
  }
}
