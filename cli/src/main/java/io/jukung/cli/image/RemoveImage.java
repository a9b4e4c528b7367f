package io.jukung.cli.image;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.RemoveImageRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung rmi}: removes images. */
@Command(
    name = "rmi",
    description = "Removes images with all their tags.",
    mixinStandardHelpOptions = true)
public final class RemoveImage extends NamedTargetsCommand {
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
    String image = Lookup.image(connection, name);
    // CRI's RemoveImage succeeds for a name that does not exist, but the user has mistyped it.
    if (!Lookup.isImage(connection, image)) {
      throw CliException.failed("no such image: " + name);
    }
    connection
        .images(Connection.CHANGE)
        .removeImage(
            RemoveImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(image))
                .build());
  }
}
