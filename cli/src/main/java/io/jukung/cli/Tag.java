package io.jukung.cli;

import io.jukung.client.v1.TagRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Gives an image one more name. */
@Command(
    name = "tag",
    description = "Gives an image one more tag, and prints it.",
    mixinStandardHelpOptions = true)
final class Tag implements Runnable {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Parameters(index = "0", paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  @Parameters(index = "1", paramLabel = "TAG")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String tag;

  Tag(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    try (Connection connection = jukung.connect()) {
      tag(connection, image, tag);
      environment.out().println(tag);
    }
  }

  static void tag(Connection connection, String image, String tag) {
    connection.jukung().tag(TagRequest.newBuilder().setImage(image).setTag(tag).build());
  }
}
