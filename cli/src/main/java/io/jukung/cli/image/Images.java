package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.ListCommand;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListImagesResponse;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung images}: lists images. */
@Command(
    name = "images",
    description = "Lists the images, one line per tag.",
    mixinStandardHelpOptions = true)
public final class Images extends ListCommand<ListImagesResponse, Image> {
  private static final String NONE = "<none>";

  @Option(
      names = "--verify",
      description =
          "Check every byte of the images and print their state. Fails if an image is damaged.")
  boolean verify;

  @Option(
      names = {"-f", "--filter"},
      paramLabel = "dangling=BOOL|reference=PATTERN",
      converter = ImageFilter.Converter.class,
      description =
          "List only images without a tag (dangling=true), or with one; or those with a tag that"
              + " matches, where * stands for any part of a name. Can be given more than once.")
  List<ImageFilter> filters = List.of();

  @Option(names = "--no-trunc", description = "Print IDs in full.")
  boolean whole;

  public Images(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    return verify ? verify(connection) : super.run(connection);
  }

  @Override
  protected ListImagesResponse ask(Connection connection) {
    List<Image> images =
        connection
            .images()
            .listImages(ListImagesRequest.getDefaultInstance())
            .getImagesList()
            .stream()
            .filter(image -> filters.stream().allMatch(filter -> filter.matches(image)))
            .toList();
    return ListImagesResponse.newBuilder().addAllImages(images).build();
  }

  @Override
  protected List<Image> objects(ListImagesResponse answer) {
    return answer.getImagesList();
  }

  @Override
  protected String id(Image image) {
    return image.getId();
  }

  @Override
  protected Table table(Connection connection, List<Image> images) {
    Table table = new Table("REPOSITORY", "TAG", "IMAGE ID", "SIZE");
    for (Image image : images) {
      for (String tagged : image.getRepoTagsList()) {
        // The last colon, because an earlier one belongs to the registry's port.
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
    return table;
  }

  private void row(Table table, Image image, String repository, String tag) {
    String id = whole ? image.getId() : ShortId.of(image.getId());
    table.row(repository, tag, id, HumanSize.format(image.getSize()));
  }

  private int verify(Connection connection) {
    Map<String, String> damage = damageByImageId(connection);
    Table table = new Table("IMAGE", "IMAGE ID", "STATE");
    for (Image image : ask(connection).getImagesList()) {
      String name = image.getRepoTagsCount() > 0 ? image.getRepoTags(0) : NONE;
      table.row(name, ShortId.of(image.getId()), damage.getOrDefault(image.getId(), "whole"));
    }
    table.print(out());
    return damage.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private static Map<String, String> damageByImageId(Connection connection) {
    Map<String, String> damage = new HashMap<>();
    Iterator<CheckFinding> findings = connection.jukung().check(CheckRequest.getDefaultInstance());
    while (findings.hasNext()) {
      CheckFinding finding = findings.next();
      for (String id : finding.getImageIdsList()) {
        damage.putIfAbsent(id, finding.getSubject() + " " + finding.getProblem());
      }
    }
    return damage;
  }
}
