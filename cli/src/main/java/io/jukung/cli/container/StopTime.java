package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.KillRequest;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How {@code stop} and {@code restart} end a container: the signal, and the time that it has. */
final class StopTime {
  private static final Duration INTERVAL = Duration.ofMillis(50);

  @Option(
      names = {"-t", "--time"},
      paramLabel = "SECONDS",
      description =
          "How long a container may take to end after its stop signal, before it is killed. Without"
              + " this option its own --stop-timeout, else 10; 0 kills it at once.")
  @Nullable Long seconds;

  @Option(
      names = {"-s", "--signal"},
      paramLabel = "SIGNAL",
      description = "The signal that asks the container to end, instead of its stop signal.")
  @Nullable String signal;

  /**
   * Refuses what is no time.
   *
   * @throws CliException with the exit code for wrong usage
   */
  void check() {
    if (seconds != null && seconds < 0) {
      throw CliException.usage("--time cannot be negative");
    }
  }

  /** The time that the container has, in seconds. */
  long of(Container container) {
    return seconds == null ? ofContainer(container) : seconds;
  }

  /** The time that the container has if the command names none, in seconds. */
  static long ofContainer(Container container) {
    String options = container.getAnnotationsOrDefault(OwnContainers.OPTIONS, "{}");
    return Json.parse(options).path("stopTimeoutSeconds").asLong(OwnContainers.STOP_SECONDS);
  }

  /** Stops the container, but not its pod. */
  void stop(Connection connection, Container container) throws InterruptedException {
    long grace = of(container);
    if (signal == null || container.getState() != ContainerState.CONTAINER_RUNNING) {
      ContainerTeardown.stop(connection, container.getId(), grace);
      return;
    }
    var _ =
        connection
            .containers(Connection.CHANGE)
            .kill(
                KillRequest.newBuilder()
                    .setContainerId(container.getId())
                    .setSignal(signal)
                    .setAnyOwner(true)
                    .setStops(true)
                    .build());
    long deadline = System.nanoTime() + Duration.ofSeconds(grace).toNanos();
    while (isRunning(connection, container) && System.nanoTime() - deadline < 0) {
      Thread.sleep(INTERVAL);
    }
    ContainerTeardown.stop(connection, container.getId(), 0);
  }

  private static boolean isRunning(Connection connection, Container container) {
    Optional<ContainerStatus> status = connection.containerStatus(container.getId());
    return status.filter(each -> each.getState() == ContainerState.CONTAINER_RUNNING).isPresent();
  }
}
