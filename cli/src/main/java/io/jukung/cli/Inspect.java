package io.jukung.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.container.Conditions;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.Creation;
import io.jukung.client.v1.ListCreationsRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung inspect}: prints everything that is known about containers, pods and images. */
@Command(
    name = "inspect",
    description = {
      "Prints everything that is known about containers, pods or images, as JSON.",
      "Of a pod or container that is still being made, prints the call that makes it, its step, and"
          + " since when."
    },
    mixinStandardHelpOptions = true)
final class Inspect extends ClientCommand {
  @Option(
      names = "--launch-program",
      description = "Print only the system calls that start the container.")
  boolean launchProgram;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "Looked up among containers first, then pods, then images.")
  List<String> names = List.of();

  Inspect(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    if (launchProgram) {
      names.forEach(name -> printProgram(connection, name));
      return ExitCode.OK;
    }
    Json.print(Json.list(names.stream().map(name -> inspect(connection, name)).toList()), out());
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

  private static JsonNode inspect(Connection connection, String name) {
    Optional<Container> container = Lookup.findContainer(connection, name);
    if (container.isPresent()) {
      String id = container.get().getId();
      JsonNode tree = Json.withInfo(connection.verboseContainerStatus(id));
      return Conditions.of(connection, id)
          .map(condition -> Json.withField(tree, "condition", condition))
          .orElse(tree);
    }
    Optional<PodSandbox> pod = Lookup.findPod(connection, name);
    if (pod.isPresent()) {
      return Json.withInfo(
          connection
              .runtime()
              .podSandboxStatus(
                  PodSandboxStatusRequest.newBuilder()
                      .setPodSandboxId(pod.get().getId())
                      .setVerbose(true)
                      .build()));
    }
    String nameOrId = Lookup.image(connection, name);
    ImageStatusResponse image =
        connection
            .images()
            .imageStatus(
                ImageStatusRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(nameOrId))
                    .setVerbose(true)
                    .build());
    return image.hasImage() ? Json.withInfo(image) : creation(connection, name);
  }

  /** What is being made is in no list yet. */
  private static JsonNode creation(Connection connection, String name) {
    return creations(connection).stream()
        .filter(each -> each.getName().equals(name) || each.getId().startsWith(name))
        .findFirst()
        .map(Json::withInfo)
        .orElseThrow(() -> CliException.failed("no container, pod or image is called " + name));
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
