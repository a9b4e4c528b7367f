package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.ExportRequest;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung export}: writes images to a file. */
@Command(
    name = "export",
    description = "Writes images to an OCI archive, which `docker load` reads as well.",
    mixinStandardHelpOptions = true)
public final class Export extends ClientCommand {
  @Option(
      names = "--docker",
      description = "Write the format of `docker save` alone, without the OCI part.")
  boolean docker;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "The file to write; an existing one is replaced.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path file;

  @Parameters(arity = "1..*", paramLabel = "IMAGE")
  List<String> images = List.of();

  public Export(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    ExportRequest request =
        ExportRequest.newBuilder()
            .addAllImages(images.stream().map(name -> Lookup.image(connection, name)).toList())
            .setPath(environment.absolute(file).toString())
            .setFormat(
                docker ? ExportRequest.Format.DOCKER_ARCHIVE : ExportRequest.Format.OCI_ARCHIVE)
            .build();
    var _ = connection.jukung().export(request);
    return ExitCode.OK;
  }
}
