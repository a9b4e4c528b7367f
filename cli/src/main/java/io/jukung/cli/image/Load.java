package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.ImportRequest;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung load}: what {@code import} does, in docker's words. */
@Command(
    name = "load",
    description =
        "Reads the images of an archive, as `docker load` does; `import` has more options.",
    mixinStandardHelpOptions = true)
public final class Load extends ClientCommand {
  @Option(
      names = {"-i", "--input"},
      paramLabel = "FILE",
      defaultValue = "-",
      description = "The archive; without this option, standard input.")
  Path file = Path.of("-");

  @Option(
      names = {"-q", "--quiet"},
      description = "Print nothing but errors.")
  boolean quiet;

  public Load(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    try (ArchiveInput input = ArchiveInput.of(file, environment)) {
      ImportRequest request = ImportRequest.newBuilder().setPath(input.path().toString()).build();
      for (String name : connection.jukung().import_(request).getNamesList()) {
        if (!quiet) {
          String what = name.startsWith("sha256:") ? "Loaded image ID: " : "Loaded image: ";
          out().println(what + name);
        }
      }
    }
    return ExitCode.OK;
  }
}
