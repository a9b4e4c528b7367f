package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.TagRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung tag}: gives an image another tag. */
@Command(
    name = "tag",
    description = "Gives an image another tag, and prints the tag.",
    mixinStandardHelpOptions = true)
public final class Tag extends ClientCommand {
  @Parameters(index = "0", paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  @Parameters(index = "1", paramLabel = "TAG")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String tag;

  public Tag(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    tag(connection, Lookup.image(connection, image), tag);
    out().println(tag);
    return ExitCode.OK;
  }

  static void tag(Connection connection, String image, String tag) {
    var _ = connection.jukung().tag(TagRequest.newBuilder().setImage(image).setTag(tag).build());
  }
}
