package io.jukung.cli.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.OutputTemplate;
import io.jukung.cli.template.Shape;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.cri.docker.VolumeJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung volume inspect}: prints what is known about volumes, in docker's JSON. */
@Command(
    name = "inspect",
    description = "Prints what is known about volumes, as JSON in docker's form.",
    mixinStandardHelpOptions = true)
public final class VolumeInspect extends ClientCommand {
  /** What templates may ask of a volume. */
  public static final Shape SHAPE = new Shape(Set.of(), Set.of("Labels", "Options"), Map.of());

  @Option(
      names = {"-f", "--format"},
      paramLabel = "json|TEMPLATE",
      description =
          "Print each volume on a line: as JSON, or by a Go template such as '{{.Mountpoint}}'.")
  @Nullable String format;

  @Parameters(arity = "1..*", paramLabel = "VOLUME")
  List<String> names = List.of();

  VolumeInspect(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (format != null) {
      var _ = OutputTemplate.of(format);
    }
  }

  @Override
  protected int run(Connection connection) {
    List<JsonNode> found = new ArrayList<>();
    int exitCode = ExitCode.OK;
    for (String name : names) {
      Optional<JsonNode> volume = find(connection, name);
      if (volume.isEmpty()) {
        environment.printError("there is no volume " + name);
        exitCode = ExitCode.FAILED;
      }
      volume.ifPresent(found::add);
    }
    if (found.isEmpty()) {
      throw CliException.failed("none of these volumes is here");
    }
    if (format == null) {
      Json.print(Json.list(found), out());
    } else {
      OutputTemplate template = OutputTemplate.of(format);
      found.forEach(each -> out().println(template.line(each, SHAPE)));
    }
    return exitCode;
  }

  /** Returns the JSON of the volume with this name. */
  public static Optional<JsonNode> find(Connection connection, String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      return connection
          .volumes()
          .listVolumes(ListVolumesRequest.newBuilder().setName(name).build())
          .getVolumesList()
          .stream()
          .findFirst()
          .map(VolumeJson::of);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return Optional.empty(); // another runtime
      }
      throw e;
    }
  }
}
