package io.jukung.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStateValue;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Lists containers. */
@Command(
    name = "ps",
    description = "Lists the running containers, newest first.",
    mixinStandardHelpOptions = true)
final class Ps implements Runnable {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-a", "--all"},
      description = "Also those that do not run.")
  boolean all;

  @Option(
      names = {"-q", "--quiet"},
      description = "Only IDs, whole.")
  boolean quiet;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "table or json.")
  OutputFormat format = OutputFormat.TABLE;

  Ps(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    try (Connection connection = jukung.connect()) {
      ListContainersResponse answer = connection.runtime().listContainers(request());
      if (format == OutputFormat.JSON) {
        Json.print(answer, environment.out());
        return;
      }
      List<Container> newestFirst =
          answer.getContainersList().stream()
              .sorted(Comparator.comparingLong(Container::getCreatedAt).reversed())
              .toList();
      if (quiet) {
        newestFirst.forEach(container -> environment.out().println(container.getId()));
      } else {
        print(connection, newestFirst);
      }
    }
  }

  private ListContainersRequest request() {
    return all
        ? ListContainersRequest.getDefaultInstance()
        : ListContainersRequest.newBuilder()
            .setFilter(
                ContainerFilter.newBuilder()
                    .setState(
                        ContainerStateValue.newBuilder()
                            .setState(ContainerState.CONTAINER_RUNNING)))
            .build();
  }

  private void print(Connection connection, List<Container> containers) {
    Table table = new Table("CONTAINER ID", "IMAGE", "CREATED", "STATUS", "NAME", "POD ID");
    for (Container container : containers) {
      status(connection, container.getId())
          .ifPresent(
              status ->
                  table.row(
                      ShortId.of(container.getId()),
                      image(container),
                      HumanTime.ago(container.getCreatedAt(), environment.clock()),
                      words(status),
                      container.getMetadata().getName(),
                      ShortId.of(container.getPodSandboxId())));
    }
    table.print(environment.out());
  }

  // Lists do not say when a container started or how it ended.
  private static Optional<ContainerStatus> status(Connection connection, String id) {
    try {
      return Optional.of(
          connection
              .runtime()
              .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
              .getStatus());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty(); // removed since it was listed
      }
      throw e;
    }
  }

  private static String image(Container container) {
    String asked = container.getImage().getUserSpecifiedImage();
    String image = asked.isEmpty() ? container.getImage().getImage() : asked;
    return image.startsWith("sha256:") ? ShortId.of(image) : image;
  }

  private String words(ContainerStatus status) {
    return switch (status.getState()) {
      case CONTAINER_CREATED -> "Created";
      case CONTAINER_RUNNING -> "Up " + HumanTime.since(status.getStartedAt(), environment.clock());
      case CONTAINER_EXITED ->
          "Exited ("
              + status.getExitCode()
              + ") "
              + HumanTime.ago(status.getFinishedAt(), environment.clock());
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Unknown";
    };
  }
}
