package io.jukung.cli.volume;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ListCommand;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.ListVolumesResponse;
import io.jukung.client.v1.Volume;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung volume ls}: lists volumes. */
@Command(
    name = "ls",
    description = "Lists the volumes by their names.",
    mixinStandardHelpOptions = true)
final class VolumeList extends ListCommand<ListVolumesResponse, Volume> {
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
}
