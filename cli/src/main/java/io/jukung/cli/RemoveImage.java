package io.jukung.cli;

import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Removes images. */
@Command(
    name = "rmi",
    description = "Removes images with all their tags.",
    mixinStandardHelpOptions = true)
final class RemoveImage implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Parameters(arity = "1..*", paramLabel = "IMAGE")
  List<String> images = List.of();

  RemoveImage(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      return EachOf.apply(environment, connection, images, name -> remove(connection, name));
    }
  }

  private static void remove(Connection connection, String name) {
    ImageSpec image = ImageSpec.newBuilder().setImage(name).build();
    // The CRI's call succeeds for a name that never was; a person has mistyped it.
    if (!connection
        .images()
        .imageStatus(ImageStatusRequest.newBuilder().setImage(image).build())
        .hasImage()) {
      throw CliException.failed("no such image: " + name);
    }
    connection
        .images(Connection.CHANGE)
        .removeImage(RemoveImageRequest.newBuilder().setImage(image).build());
  }
}
