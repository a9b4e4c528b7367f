package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.FormattedList;
import io.jukung.cli.command.Row;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListImagesResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung images}: lists images. */
@Command(
    name = "images",
    description = "Lists the images, one line per tag.",
    mixinStandardHelpOptions = true)
public final class Images extends FormattedList<ListImagesResponse, Image> {
  private static final String NONE = "<none>";
  private static final String UNKNOWN = "N/A";

  @Option(
      names = "--verify",
      description =
          "Check every byte of the images and print their state. Fails if an image is damaged.")
  boolean verify;

  @Option(
      names = {"-a", "--all"},
      description = "Accepted for docker's sake: layers of images are never listed as images.")
  boolean all;

  @Option(names = "--digests", description = "Print the digests of the images, too.")
  boolean digests;

  @Option(
      names = {"-f", "--filter"},
      paramLabel = "KEY=VALUE",
      description =
          "List only some images: dangling=true for those without a tag, reference=PATTERN where *"
              + " stands for any part of a name, label=NAME[=VALUE], before=IMAGE, since=IMAGE or"
              + " until=TIME. Can be given more than once.")
  List<String> filters = List.of();

  @Parameters(
      arity = "0..1",
      paramLabel = "REPOSITORY[:TAG]",
      description = "List only the images of this repository.")
  @Nullable String repository;

  public Images(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    super.checkOptions();
    var _ = ImageFilter.check(filters, environment.clock());
  }

  @Override
  protected int run(Connection connection) {
    return verify ? verify(connection) : super.run(connection);
  }

  @Override
  protected ListImagesResponse ask(Connection connection) {
    List<Image> images =
        connection.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
    ImageFilter filter = ImageFilter.of(filters, environment.clock(), connection);
    List<Image> some =
        images.stream()
            .filter(filter::fits)
            .filter(each -> repository == null || ImageFilter.hasName(each, repository))
            .toList();
    return ListImagesResponse.newBuilder().addAllImages(some).build();
  }

  @Override
  protected List<Image> objects(ListImagesResponse answer) {
    return answer.getImagesList();
  }

  @Override
  protected String id(Image image) {
    return image.getId();
  }

  /** A line of the list: an image by one of its names. */
  private record Named(Image image, String repository, String tag, String digest) {}

  private static List<Named> named(List<Image> images) {
    List<Named> lines = new ArrayList<>();
    for (Image image : images) {
      String named = image.getRepoDigestsList().stream().findFirst().orElse("");
      int at = named.indexOf('@');
      String digest = at < 0 ? NONE : named.substring(at + 1);
      for (String tagged : image.getRepoTagsList()) {
        // The last colon, because an earlier one belongs to the registry's port.
        int colon = tagged.lastIndexOf(':');
        lines.add(
            new Named(image, tagged.substring(0, colon), tagged.substring(colon + 1), digest));
      }
      if (image.getRepoTagsCount() == 0) {
        lines.add(new Named(image, at < 0 ? NONE : named.substring(0, at), NONE, digest));
      }
    }
    return lines;
  }

  private String id(Named line) {
    return whole ? line.image().getId() : ShortId.of(line.image().getId());
  }

  @Override
  protected Table table(Connection connection, List<Image> images) {
    Table table =
        digests
            ? new Table("REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "SIZE")
            : new Table("REPOSITORY", "TAG", "IMAGE ID", "SIZE");
    for (Named line : named(images)) {
      String size = HumanSize.format(line.image().getSize());
      if (digests) {
        table.row(line.repository(), line.tag(), line.digest(), id(line), size);
      } else {
        table.row(line.repository(), line.tag(), id(line), size);
      }
    }
    return table;
  }

  @Override
  protected Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("ID", "IMAGE ID");
    headings.put("Repository", "REPOSITORY");
    headings.put("Tag", "TAG");
    headings.put("Digest", "DIGEST");
    headings.put("CreatedSince", "CREATED");
    headings.put("CreatedAt", "CREATED AT");
    headings.put("Size", "SIZE");
    headings.put("Containers", "CONTAINERS");
    headings.put("SharedSize", "SHARED SIZE");
    headings.put("UniqueSize", "UNIQUE SIZE");
    headings.put("VirtualSize", "VIRTUAL SIZE");
    return headings;
  }

  @Override
  protected List<Row> rows(Connection connection, List<Image> images, Set<String> wanted) {
    boolean times = wanted.contains("CreatedSince") || wanted.contains("CreatedAt");
    List<Row> rows = new ArrayList<>();
    for (Named line : named(images)) {
      Map<String, String> values = new LinkedHashMap<>();
      String size = HumanSize.format(line.image().getSize());
      values.put("ID", id(line));
      values.put("Repository", line.repository());
      values.put("Tag", line.tag());
      values.put("Digest", line.digest());
      values.put("Size", size);
      values.put("VirtualSize", size);
      // As docker's list, which does not count them.
      values.put("Containers", UNKNOWN);
      values.put("SharedSize", UNKNOWN);
      values.put("UniqueSize", UNKNOWN);
      long created = times ? ImageTimes.created(connection, line.image().getId()) : 0;
      values.put("CreatedSince", created == 0 ? UNKNOWN : ago(created));
      values.put("CreatedAt", created == 0 ? UNKNOWN : HumanTime.stamp(created));
      rows.add(new Row(values, Map.of()));
    }
    return rows;
  }

  private String ago(long created) {
    return HumanTime.ago(created, environment.clock());
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
