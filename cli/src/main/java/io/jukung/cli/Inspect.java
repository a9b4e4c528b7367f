package io.jukung.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.OutputTemplate;
import io.jukung.cli.container.Conditions;
import io.jukung.cli.container.ContainerSizes;
import io.jukung.cli.template.Shape;
import io.jukung.cli.text.Json;
import io.jukung.cli.volume.VolumeInspect;
import io.jukung.client.v1.Creation;
import io.jukung.client.v1.ListCreationsRequest;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.cri.docker.ImageJson;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung inspect}: prints everything that is known about containers, pods and images. */
@Command(
    name = "inspect",
    description = {
      "Prints what is known about containers, images, volumes or pods, as JSON.",
      "Of containers, images and volumes it prints docker's JSON; with --raw, and of pods always,"
          + " the daemon's own: CRI's status, the daemon's records and the OCI specification.",
      "Of a pod or container that is still being made, prints the call that makes it, its step, and"
          + " since when."
    },
    mixinStandardHelpOptions = true)
final class Inspect extends ClientCommand {
  private static final Shape CONTAINER_SHAPE =
      new Shape(ContainerJson.OPTIONAL, ContainerJson.MAPS, ContainerJson.LISTS, Map.of());

  private static final Shape IMAGE_SHAPE =
      new Shape(ImageJson.OPTIONAL, ImageJson.MAPS, ImageJson.LISTS, Map.of());

  /** The values of {@code --type}. */
  enum Type {
    CONTAINER,
    POD,
    IMAGE,
    VOLUME;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--launch-program",
      description = "Print only the system calls that start the container.")
  boolean launchProgram;

  @Option(
      names = "--raw",
      description = "Print all that the daemon knows, in its own form instead of docker's.")
  boolean raw;

  @Option(
      names = {"-f", "--format"},
      paramLabel = "json|TEMPLATE",
      description =
          "Print each object on a line: as JSON, or by a Go template such as '{{.State.Running}}'"
              + " or '{{json .Config}}'.")
  @Nullable String format;

  @Option(
      names = "--type",
      paramLabel = "container|pod|image|volume",
      description = "Look only for objects of this kind.")
  @Nullable Type type;

  @Option(
      names = {"-s", "--size"},
      description = "Of containers, print the disk space that they take, too.")
  boolean size;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "Looked up among containers first, then pods, then images, then volumes, and only there"
              + " if --type is given.")
  List<String> names = List.of();

  /** An object with what templates may ask of it. */
  private record Found(JsonNode json, Shape shape) {}

  Inspect(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (format != null) {
      var _ = OutputTemplate.of(format);
      if (launchProgram) {
        throw CliException.usage("--format does not go with --launch-program");
      }
    }
    if (raw && size) {
      throw CliException.usage("--size does not go with --raw");
    }
  }

  @Override
  protected int run(Connection connection) {
    if (launchProgram) {
      names.forEach(name -> printProgram(connection, name));
      return ExitCode.OK;
    }
    List<Found> all = names.stream().map(name -> inspect(connection, name)).toList();
    if (format == null) {
      Json.print(Json.list(all.stream().map(Found::json).toList()), out());
      return ExitCode.OK;
    }
    OutputTemplate template = OutputTemplate.of(format);
    all.forEach(each -> out().println(template.line(each.json(), each.shape())));
    return ExitCode.OK;
  }

  private void printProgram(Connection connection, String name) {
    String id = Lookup.container(connection, name).getId();
    var info = connection.verboseContainerStatus(id).getInfoMap();
    JsonNode program = Json.parse(info.getOrDefault("info", "{}")).path("launchProgram");
    if (!program.isArray()) {
      throw CliException.failed("this daemon does not tell the launch program of " + name);
    }
    program.forEach(line -> out().println(line.textValue()));
  }

  private Found inspect(Connection connection, String name) {
    Optional<Found> found = Optional.empty();
    if (isAsked(Type.CONTAINER)) {
      found =
          Lookup.findContainer(connection, name).map(each -> container(connection, each.getId()));
    }
    if (found.isEmpty() && isAsked(Type.POD)) {
      found = Lookup.findPod(connection, name).map(each -> pod(connection, each.getId()));
    }
    if (found.isEmpty() && isAsked(Type.IMAGE)) {
      found = image(connection, name);
    }
    if (found.isEmpty() && isAsked(Type.VOLUME)) {
      found =
          VolumeInspect.find(connection, name).map(json -> new Found(json, VolumeInspect.SHAPE));
    }
    return found
        .or(() -> creation(connection, name))
        .orElseThrow(
            () ->
                CliException.failed(
                    type == null
                        ? "no container, pod, image or volume is called " + name
                        : "no " + type + " is called " + name));
  }

  private boolean isAsked(Type kind) {
    return type == null || type == kind;
  }

  private Found container(Connection connection, String id) {
    if (raw) {
      JsonNode tree = Json.withInfo(connection.verboseContainerStatus(id));
      return new Found(
          Conditions.of(connection, id)
              .map(condition -> Json.withField(tree, "condition", condition))
              .orElse(tree),
          Shape.COMPLETE);
    }
    ObjectNode json =
        ContainerJson.of(ContainerFacts.ask(connection.channel(), id, Connection.QUERY));
    if (size) {
      long written = ContainerSizes.written(connection, id);
      json.put("SizeRw", written);
      json.put("SizeRootFs", written + imageSize(connection, json.path("Image").asText()));
    }
    return new Found(json, CONTAINER_SHAPE);
  }

  private static long imageSize(Connection connection, String id) {
    return connection
        .images()
        .imageStatus(
            ImageStatusRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(id)).build())
        .getImage()
        .getSize();
  }

  private static Found pod(Connection connection, String id) {
    var request = PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).setVerbose(true).build();
    return new Found(Json.withInfo(connection.runtime().podSandboxStatus(request)), Shape.COMPLETE);
  }

  private Optional<Found> image(Connection connection, String name) {
    String nameOrId = Lookup.image(connection, name);
    ImageStatusResponse image =
        connection
            .images()
            .imageStatus(
                ImageStatusRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(nameOrId))
                    .setVerbose(true)
                    .build());
    if (!image.hasImage()) {
      return Optional.empty();
    }
    return Optional.of(
        raw
            ? new Found(Json.withInfo(image), Shape.COMPLETE)
            : new Found(ImageJson.of(image), IMAGE_SHAPE));
  }

  /** What is being made is in no list yet. */
  private Optional<Found> creation(Connection connection, String name) {
    return creations(connection).stream()
        .filter(each -> each.getName().equals(name) || each.getId().startsWith(name))
        .findFirst()
        .map(each -> new Found(Json.withInfo(each), Shape.COMPLETE));
  }

  private static List<Creation> creations(Connection connection) {
    try {
      return connection
          .jukung()
          .listCreations(ListCreationsRequest.getDefaultInstance())
          .getCreationsList();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return List.of(); // an older daemon, or another runtime
      }
      throw e;
    }
  }
}
