package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.CommitRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung commit}: makes an image of a container. */
@Command(
    name = "commit",
    description = {
      "Makes an image of a container, and prints the image's ID. The image has the layers of the"
          + " container's image and one of the files that the container has written.",
      "What is in volumes is not in the image. The image's configuration is that of the container's"
          + " image: variables and a command that the container was run with are taken over only"
          + " by --change."
    },
    mixinStandardHelpOptions = true)
public final class Commit extends ClientCommand {
  @Option(
      names = {"-a", "--author"},
      defaultValue = "",
      paramLabel = "NAME",
      description = "Who has made the image.")
  String author = "";

  @Option(
      names = {"-m", "--message"},
      defaultValue = "",
      paramLabel = "TEXT",
      description = "What the image's history says of the new layer.")
  String message = "";

  @Option(
      names = {"-c", "--change"},
      paramLabel = "INSTRUCTION",
      description =
          "Change the configuration by an instruction of a Dockerfile: CMD, ENTRYPOINT, ENV,"
              + " EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR. Can be given more"
              + " than once.")
  List<String> changes = List.of();

  @Option(
      names = {"-p", "--pause"},
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Let the container stand still while its files are read; this is the default.")
  boolean pause = true;

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  @Parameters(
      index = "1",
      arity = "0..1",
      defaultValue = "",
      paramLabel = "NAME",
      description = "The image's name, with its tag.")
  String name = "";

  public Commit(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    CommitRequest request =
        CommitRequest.newBuilder()
            .setContainerId(Lookup.container(connection, container).getId())
            .setName(name)
            .setAuthor(author)
            .setMessage(message)
            .addAllChanges(changes)
            .setNoPause(!pause)
            .build();
    out().println(connection.madeImages().commit(request).getImageId());
    return ExitCode.OK;
  }
}
