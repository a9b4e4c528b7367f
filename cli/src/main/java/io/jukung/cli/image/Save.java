package io.jukung.cli.image;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.ExportRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung save}: what {@code export} does, in docker's words. */
@Command(
    name = "save",
    description =
        "Writes images to an archive that `docker load`, `podman load` and `jukung load` read.",
    mixinStandardHelpOptions = true)
public final class Save extends ClientCommand {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "The file to write, which is replaced; without this option, standard output.")
  @Nullable Path file;

  @Parameters(arity = "1..*", paramLabel = "IMAGE")
  List<String> images = List.of();

  public Save(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) throws IOException {
    if (file != null) {
      save(connection, environment.absolute(file));
      return ExitCode.OK;
    }
    if (environment.caller().display().terminal()) {
      throw CliException.failed("an archive is not printed on a terminal: use -o or redirect it");
    }
    // The daemon writes to files only: it replaces an archive as a whole.
    Path directory = Files.createTempDirectory(ArchiveInput.directory(environment), "jukung-save-");
    Path archive = directory.resolve("archive.tar");
    try {
      save(connection, archive);
      Files.copy(archive, out());
      out().flush();
    } finally {
      Files.deleteIfExists(archive);
      Files.deleteIfExists(directory);
    }
    return ExitCode.OK;
  }

  private void save(Connection connection, Path target) {
    var _ =
        connection
            .jukung()
            .export(
                ExportRequest.newBuilder()
                    .addAllImages(
                        images.stream().map(name -> Lookup.image(connection, name)).toList())
                    .setPath(target.toString())
                    .setFormat(ExportRequest.Format.OCI_ARCHIVE)
                    .build());
  }
}
