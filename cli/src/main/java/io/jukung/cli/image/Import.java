package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.ImportRequest;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung import}: reads images from a file. */
@Command(
    name = "import",
    description = "Reads the images of an OCI archive or layout, and prints their names.",
    mixinStandardHelpOptions = true)
public final class Import extends ClientCommand {
  @Option(
      names = {"-t", "--tag"},
      paramLabel = "NAME",
      defaultValue = "",
      description = "The name for an image that the file does not name.")
  String tag = "";

  @Option(names = "--pin", description = "Keep the images from garbage collection.")
  boolean pin;

  @Parameters(
      paramLabel = "FILE",
      description = "The archive, the directory of a layout, or - for standard input.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path file;

  public Import(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    importArchive(connection, environment, file, tag, pin);
    return ExitCode.OK;
  }

  /**
   * Imports an archive, and prints the names of its images.
   *
   * @param tag the name for an image that the archive does not name; may be empty
   */
  static void importArchive(
      Connection connection, CliEnvironment environment, Path file, String tag, boolean pin) {
    try (ArchiveInput input = ArchiveInput.of(file, environment)) {
      ImportRequest request =
          ImportRequest.newBuilder()
              .setPath(input.path().toString())
              .setReference(tag)
              .setPin(pin)
              .build();
      connection.jukung().import_(request).getNamesList().forEach(environment.out()::println);
    }
  }
}
