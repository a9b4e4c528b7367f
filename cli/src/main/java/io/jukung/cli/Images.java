package io.jukung.cli;

import io.jukung.client.v1.CheckRequest;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListImagesResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Lists images. */
@Command(
    name = "images",
    description = "Lists the images, one line per tag.",
    mixinStandardHelpOptions = true)
final class Images implements Callable<Integer> {
  private static final String NONE = "<none>";

  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-q", "--quiet"},
      description = "Only IDs, whole.")
  boolean quiet;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "table or json.")
  OutputFormat format = OutputFormat.TABLE;

  @Option(names = "--verify", description = "Checks every byte, and fails if an image is damaged.")
  boolean verify;

  Images(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      if (verify) {
        return verify(connection);
      }
      ListImagesResponse answer =
          connection.images().listImages(ListImagesRequest.getDefaultInstance());
      if (format == OutputFormat.JSON) {
        Json.print(answer, environment.out());
      } else if (quiet) {
        answer.getImagesList().forEach(image -> environment.out().println(image.getId()));
      } else {
        print(answer);
      }
      return ExitCode.OK;
    }
  }

  private int verify(Connection connection) {
    Map<String, String> damage = new HashMap<>();
    connection
        .jukung()
        .check(CheckRequest.getDefaultInstance())
        .forEachRemaining(
            finding ->
                finding
                    .getImageIdsList()
                    .forEach(
                        id ->
                            damage.putIfAbsent(
                                id, finding.getSubject() + " " + finding.getProblem())));
    Table table = new Table("IMAGE", "IMAGE ID", "STATE");
    for (Image image :
        connection.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList()) {
      String name = image.getRepoTagsCount() > 0 ? image.getRepoTags(0) : NONE;
      table.row(name, ShortId.of(image.getId()), damage.getOrDefault(image.getId(), "whole"));
    }
    table.print(environment.out());
    return damage.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void print(ListImagesResponse answer) {
    Table table = new Table("REPOSITORY", "TAG", "IMAGE ID", "SIZE");
    for (Image image : answer.getImagesList()) {
      for (String tagged : image.getRepoTagsList()) {
        // The last colon: one before it may belong to the registry's port.
        int colon = tagged.lastIndexOf(':');
        row(table, image, tagged.substring(0, colon), tagged.substring(colon + 1));
      }
      if (image.getRepoTagsCount() == 0) {
        String repository =
            image.getRepoDigestsList().stream()
                .findFirst()
                .map(digest -> digest.substring(0, digest.indexOf('@')))
                .orElse(NONE);
        row(table, image, repository, NONE);
      }
    }
    table.print(environment.out());
  }

  private static void row(Table table, Image image, String repository, String tag) {
    table.row(repository, tag, ShortId.of(image.getId()), HumanSize.format(image.getSize()));
  }
}
