package io.jukung.cli.volume;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.FormattedList;
import io.jukung.cli.command.Row;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.ListVolumesResponse;
import io.jukung.client.v1.Volume;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung volume ls}: lists volumes. */
@Command(
    name = "ls",
    description = "Lists the volumes by their names.",
    mixinStandardHelpOptions = true)
final class VolumeList extends FormattedList<ListVolumesResponse, Volume> {
  @Option(
      names = {"-f", "--filter"},
      paramLabel = "NAME=VALUE",
      description =
          "List only some volumes: name=PART, driver=NAME, label=NAME[=VALUE], or dangling=true for"
              + " those that no container uses.")
  List<String> filters = List.of();

  VolumeList(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    super.checkOptions();
    var _ = VolumeFilter.of(filters);
  }

  @Override
  protected ListVolumesResponse ask(Connection connection) {
    ListVolumesResponse answer =
        connection.volumes().listVolumes(ListVolumesRequest.getDefaultInstance());
    return ListVolumesResponse.newBuilder()
        .addAllVolumes(answer.getVolumesList().stream().filter(VolumeFilter.of(filters)).toList())
        .build();
  }

  @Override
  protected List<Volume> objects(ListVolumesResponse answer) {
    return answer.getVolumesList();
  }

  @Override
  protected String id(Volume volume) {
    return volume.getName();
  }

  @Override
  protected Table table(Connection connection, List<Volume> volumes) {
    Table table = new Table("DRIVER", "VOLUME NAME");
    volumes.forEach(each -> table.row(each.getDriver(), each.getName()));
    return table;
  }

  @Override
  protected Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("Name", "VOLUME NAME");
    headings.put("Driver", "DRIVER");
    headings.put("Scope", "SCOPE");
    headings.put("Mountpoint", "MOUNTPOINT");
    headings.put("Labels", "LABELS");
    headings.put("Links", "LINKS");
    headings.put("Size", "SIZE");
    return headings;
  }

  @Override
  protected List<Row> rows(Connection connection, List<Volume> volumes, Set<String> wanted) {
    Map<String, Long> sizes = wanted.contains("Size") ? sizes(connection) : Map.of();
    return volumes.stream().map(each -> row(each, sizes)).toList();
  }

  private static Map<String, Long> sizes(Connection connection) {
    return connection
        .volumes()
        .listVolumes(ListVolumesRequest.newBuilder().setWithSizes(true).build())
        .getVolumesList()
        .stream()
        .collect(Collectors.toMap(Volume::getName, Volume::getSizeBytes));
  }

  private static Row row(Volume volume, Map<String, Long> sizes) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("Name", volume.getName());
    values.put("Driver", volume.getDriver());
    values.put("Scope", "local");
    values.put("Mountpoint", volume.getMountpoint());
    values.put("Labels", Row.joined(volume.getLabelsMap()));
    values.put("Links", Integer.toString(volume.getContainerIdsCount()));
    values.put("Size", HumanSize.format(sizes.getOrDefault(volume.getName(), 0L)));
    return new Row(values, volume.getLabelsMap());
  }
}
