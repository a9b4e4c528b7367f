package io.jukung.cli;

import io.jukung.client.v1.ImportRequest;
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

  @Option(names = "--pin", description = "Garbage collection keeps the images.")
  boolean pin;

  @Parameters(
      paramLabel = "FILE",
      description = "Or the directory of a layout, or - for standard input.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path file;

  Import(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect();
        ArchiveInput input = ArchiveInput.of(file, environment)) {
      var request =
          ImportRequest.newBuilder()
              .setPath(input.path().toString())
              .setReference(tag)
              .setPin(pin)
              .build();
      connection.jukung().import_(request).getNamesList().forEach(environment.out()::println);
      return ExitCode.OK;
    }
  }
}
