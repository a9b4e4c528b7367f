package io.jukung.cli;

import io.jukung.client.v1.ExportRequest;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Writes images into a file. */
@Command(
    name = "export",
    description = "Writes images into an OCI archive, which `docker load` takes as well.",
    mixinStandardHelpOptions = true)
final class Export implements Runnable {
  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(names = "--docker", description = "As `docker save` writes it, without the OCI part.")
  boolean docker;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "Replaced if it is there.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path file;

  @Parameters(arity = "1..*", paramLabel = "IMAGE")
  List<String> images = List.of();

  @Override
  public void run() {
    try (Connection connection = jukung.connect()) {
      connection
          .jukung()
          .export(
              ExportRequest.newBuilder()
                  .addAllImages(images)
                  .setPath(file.toAbsolutePath().normalize().toString())
                  .setFormat(
                      docker
                          ? ExportRequest.Format.DOCKER_ARCHIVE
                          : ExportRequest.Format.OCI_ARCHIVE)
                  .build());
    }
  }
}
