package io.jukung.runtime.cli;

import io.jukung.client.v1.ImportRequest;
import io.jukung.cri.v1.Image;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Takes images from a file. */
@Command(
    name = "import",
    description = "Takes the images of an OCI archive or layout, and prints their names.",
    mixinStandardHelpOptions = true)
final class Import implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-t", "--tag"},
      paramLabel = "NAME",
      defaultValue = "",
      description = "The name of an image that brings none.")
  String tag = "";

  @Parameters(paramLabel = "FILE", description = "Or the directory of a layout.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path file;

  Import(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    // The daemon reads it, and would tell of its own working directory.
    Path absolute = file.toAbsolutePath().normalize();
    if (!Files.exists(absolute)) {
      throw CliException.failed("no such file: " + file);
    }
    try (Connection connection = jukung.connect()) {
      var request =
          ImportRequest.newBuilder().setPath(absolute.toString()).setReference(tag).build();
      for (Image image : connection.jukung().import_(request).getImagesList()) {
        environment
            .out()
            .println(image.getRepoTagsCount() > 0 ? image.getRepoTags(0) : image.getId());
      }
      return ExitCode.OK;
    }
  }
}
