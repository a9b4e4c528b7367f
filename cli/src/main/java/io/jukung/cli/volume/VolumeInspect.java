package io.jukung.cli.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.Volume;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung volume inspect}: prints what is known about volumes, in docker's JSON. */
@Command(
    name = "inspect",
    description = "Prints what is known about volumes, as JSON in docker's form.",
    mixinStandardHelpOptions = true)
final class VolumeInspect extends ClientCommand {
  private static final long NANOS = 1_000_000_000L;

  @Parameters(arity = "1..*", paramLabel = "VOLUME")
  List<String> names = List.of();

  VolumeInspect(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    List<JsonNode> found = new ArrayList<>();
    int exitCode = ExitCode.OK;
    for (String name : names) {
      List<Volume> volumes =
          connection
              .volumes()
              .listVolumes(ListVolumesRequest.newBuilder().setName(name).build())
              .getVolumesList();
      if (name.isEmpty() || volumes.isEmpty()) {
        environment.printError("there is no volume " + name);
        exitCode = ExitCode.FAILED;
      } else {
        found.add(json(volumes.getFirst()));
      }
    }
    if (found.isEmpty()) {
      throw CliException.failed("none of these volumes is here");
    }
    Json.print(Json.list(found), out());
    return exitCode;
  }

  private static ObjectNode json(Volume volume) {
    long created = volume.getCreatedAt();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("CreatedAt", Instant.ofEpochSecond(created / NANOS, created % NANOS).toString());
    json.put("Driver", volume.getDriver());
    ObjectNode labels = json.putObject("Labels");
    volume.getLabelsMap().forEach(labels::put);
    json.put("Mountpoint", volume.getMountpoint());
    json.put("Name", volume.getName());
    ObjectNode options = json.putObject("Options");
    volume.getOptionsMap().forEach(options::put);
    json.put("Scope", "local");
    json.put("Anonymous", volume.getAnonymous());
    var containers = json.putArray("Containers");
    volume.getContainerIdsList().forEach(containers::add);
    return json;
  }
}
