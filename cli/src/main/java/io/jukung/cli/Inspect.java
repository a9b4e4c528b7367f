package io.jukung.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Prints all that is known of containers, pods and images. */
@Command(
    name = "inspect",
    description = "Prints all that is known of containers, pods or images, as JSON.",
    mixinStandardHelpOptions = true)
final class Inspect implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = "--launch-program",
      description = "The system calls that start the container, instead.")
  boolean launchProgram;

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "Looked for among containers, then pods, then images.")
  List<String> names = List.of();

  Inspect(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      if (launchProgram) {
        names.forEach(name -> printProgram(connection, name));
        return ExitCode.OK;
      }
      var found = new ArrayList<Object>();
      for (String name : names) {
        found.add(inspect(connection, name));
      }
      Json.print(found, environment.out());
      return ExitCode.OK;
    }
  }

  private void printProgram(Connection connection, String name) {
    Object info = status(connection, Lookup.container(connection, name).getId()).get("info");
    if (!(info instanceof Map<?, ?> entries)
        || !(entries.get("info") instanceof JsonNode details)
        || !details.path("launchProgram").isArray()) {
      throw CliException.failed("this daemon does not tell the launch program of " + name);
    }
    details.path("launchProgram").forEach(line -> environment.out().println(line.textValue()));
  }

  private static Map<String, Object> status(Connection connection, String containerId) {
    return Json.withInfo(
        connection
            .runtime()
            .containerStatus(
                ContainerStatusRequest.newBuilder()
                    .setContainerId(containerId)
                    .setVerbose(true)
                    .build()));
  }

  private static Object inspect(Connection connection, String name) {
    Optional<Container> container = Lookup.findContainer(connection, name);
    if (container.isPresent()) {
      return status(connection, container.get().getId());
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
    ImageStatusResponse image =
        connection
            .images()
            .imageStatus(
                ImageStatusRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(name))
                    .setVerbose(true)
                    .build());
    if (!image.hasImage()) {
      throw CliException.failed("no container, pod or image is called " + name);
    }
    return Json.withInfo(image);
  }
}
