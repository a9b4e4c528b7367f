package io.jukung.cli.system;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Row;
import io.jukung.cli.command.RowPrinter;
import io.jukung.cli.container.ContainerSizes;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.CachedStep;
import io.jukung.client.v1.ListBuildCacheRequest;
import io.jukung.client.v1.ListBuildCacheResponse;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.client.v1.Volume;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung system df}: says what takes disk space, in docker's words. */
@Command(
    name = "df",
    description = {
      "Prints how many images, containers, volumes and steps of the build cache there are, how many"
          + " of them are in use, what they take on the disk, and how much of that removing the"
          + " unused ones would free.",
      "Images are counted as they were fetched and unpacked."
    },
    mixinStandardHelpOptions = true)
final class SystemDf extends ClientCommand {
  private static final Map<String, String> HEADINGS = headings();

  @Option(
      names = {"-v", "--verbose"},
      description = "Print each image, container, volume and step.")
  boolean verbose;

  @Option(
      names = "--format",
      paramLabel = "table|json|TEMPLATE",
      description = "Print each line by a Go template such as '{{.Type}} {{.Size}}'.")
  @Nullable String format;

  SystemDf(CommandContext context) {
    super(context);
  }

  private static Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("Type", "TYPE");
    headings.put("TotalCount", "TOTAL");
    headings.put("Active", "ACTIVE");
    headings.put("Size", "SIZE");
    headings.put("Reclaimable", "RECLAIMABLE");
    return headings;
  }

  @Override
  protected void checkOptions() {
    if (format != null && !format.equals("table")) {
      if (verbose) {
        throw CliException.usage("--format does not go with --verbose");
      }
      var _ = RowPrinter.of(format, HEADINGS);
    }
  }

  /** What is on the disk. */
  private record Content(
      UsageResponse images,
      List<Container> containers,
      Map<String, Long> written,
      List<Volume> volumes,
      ListBuildCacheResponse cache) {
    static Content ask(Connection connection) {
      return new Content(
          connection.jukung().usage(UsageRequest.getDefaultInstance()),
          connection
              .runtime()
              .listContainers(ListContainersRequest.getDefaultInstance())
              .getContainersList(),
          ContainerSizes.all(connection),
          connection
              .volumes()
              .listVolumes(ListVolumesRequest.newBuilder().setWithSizes(true).build())
              .getVolumesList(),
          connection.buildCache().listBuildCache(ListBuildCacheRequest.getDefaultInstance()));
    }

    long written(boolean all) {
      return containers.stream()
          .filter(each -> all || each.getState() != ContainerState.CONTAINER_RUNNING)
          .mapToLong(each -> written.getOrDefault(each.getId(), 0L))
          .sum();
    }

    long volumeBytes(boolean all) {
      return volumes.stream()
          .filter(each -> all || each.getContainerIdsCount() == 0)
          .mapToLong(Volume::getSizeBytes)
          .sum();
    }

    long cacheBytes() {
      return cache.getMountBytes()
          + cache.getStepsList().stream().mapToLong(CachedStep::getSize).sum();
    }
  }

  @Override
  protected int run(Connection connection) {
    Content content = Content.ask(connection);
    if (verbose) {
      printAll(connection, content);
      return ExitCode.OK;
    }
    List<Row> rows = rows(content);
    if (format != null && !format.equals("table")) {
      RowPrinter.of(format, HEADINGS).print(rows, out());
      return ExitCode.OK;
    }
    Table table = new Table(HEADINGS.values().toArray(String[]::new));
    rows.forEach(each -> table.row(each.values().values().toArray(String[]::new)));
    table.print(out());
    return ExitCode.OK;
  }

  private static List<Row> rows(Content content) {
    UsageResponse images = content.images();
    long running =
        content.containers().stream()
            .filter(each -> each.getState() == ContainerState.CONTAINER_RUNNING)
            .count();
    long mounted =
        content.volumes().stream().filter(each -> each.getContainerIdsCount() > 0).count();
    return List.of(
        row(
            "Images",
            images.getImages(),
            images.getUsedImages(),
            images.getBlobBytes() + images.getLayerBytes(),
            images.getReclaimableBytes()),
        row(
            "Containers",
            content.containers().size(),
            running,
            content.written(true),
            content.written(false)),
        row(
            "Local Volumes",
            content.volumes().size(),
            mounted,
            content.volumeBytes(true),
            content.volumeBytes(false)),
        row(
            "Build Cache",
            content.cache().getStepsCount(),
            0,
            content.cacheBytes(),
            content.cacheBytes()));
  }

  private static Row row(String type, long count, long active, long size, long reclaimable) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("Type", type);
    values.put("TotalCount", Long.toString(count));
    values.put("Active", Long.toString(active));
    values.put("Size", HumanSize.format(size));
    String share = size > 0 ? " (" + 100 * reclaimable / size + "%)" : "";
    values.put("Reclaimable", HumanSize.format(reclaimable) + share);
    return new Row(values, Map.of());
  }

  private void printAll(Connection connection, Content content) {
    Table images = new Table("IMAGE", "IMAGE ID", "SIZE", "CONTAINERS");
    for (Image each :
        connection.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList()) {
      long containers =
          content.containers().stream()
              .filter(container -> container.getImageId().equals(each.getId()))
              .count();
      images.row(
          each.getRepoTagsCount() > 0 ? each.getRepoTags(0) : "<none>",
          ShortId.of(each.getId()),
          HumanSize.format(each.getSize()),
          Long.toString(containers));
    }
    Table containers = new Table("CONTAINER ID", "NAME", "SIZE", "STATE");
    for (Container each : content.containers()) {
      containers.row(
          ShortId.of(each.getId()),
          each.getMetadata().getName(),
          HumanSize.format(content.written().getOrDefault(each.getId(), 0L)),
          ContainerJson.word(each.getState(), false));
    }
    Table volumes = new Table("VOLUME NAME", "LINKS", "SIZE");
    for (Volume each : content.volumes()) {
      volumes.row(
          each.getName(),
          Integer.toString(each.getContainerIdsCount()),
          HumanSize.format(each.getSizeBytes()));
    }
    Table steps = new Table("CACHE ID", "SIZE", "INSTRUCTION");
    for (CachedStep each : content.cache().getStepsList()) {
      steps.row(
          ShortId.of(each.getKey()),
          HumanSize.format(each.getSize()),
          each.getInstruction().replaceAll("\\s+", " "));
    }
    print("Images:", images);
    print("Containers:", containers);
    print("Local Volumes:", volumes);
    print("Build cache: " + HumanSize.format(content.cacheBytes()), steps);
  }

  private void print(String title, Table table) {
    out().println(title);
    out().println();
    table.print(out());
    out().println();
  }
}
