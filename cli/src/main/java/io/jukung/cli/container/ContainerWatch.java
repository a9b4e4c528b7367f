package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.text.ShortId;
import io.jukung.cri.log.LogFile;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Waits for the end of a container by asking for its status again and again. */
public final class ContainerWatch {
  /** Short enough that nobody notices the delay; the daemon needs about 40 µs for an answer. */
  private static final Duration INTERVAL = Duration.ofMillis(50);

  private final Connection connection;
  private final String id;

  public ContainerWatch(Connection connection, String id) {
    this.connection = connection;
    this.id = id;
  }

  /**
   * Reads a container's log as it grows, until the container has ended and the log is read wholly.
   *
   * @return the container's last status; empty where the container was removed meanwhile
   */
  public Optional<ContainerStatus> followToEnd(LogFile log)
      throws IOException, InterruptedException {
    while (true) {
      // The status is asked for before the log is read: when the container has ended, all of its
      // output is in the log.
      Optional<ContainerStatus> status = connection.containerStatus(id);
      if (status.isEmpty() || hasEnded(status.get())) {
        log.readRest();
        return status;
      }
      log.read();
      Thread.sleep(INTERVAL);
    }
  }

  /** Waits for the end of the container, and returns its exit code. */
  int exitCode() throws InterruptedException {
    while (true) {
      ContainerStatus status =
          connection
              .containerStatus(id)
              .orElseThrow(
                  () ->
                      CliException.failed(
                          "container " + ShortId.of(id) + " was removed meanwhile"));
      if (hasEnded(status)) {
        return status.getExitCode();
      }
      Thread.sleep(INTERVAL);
    }
  }

  private static boolean hasEnded(ContainerStatus status) {
    return status.getState() == ContainerState.CONTAINER_EXITED
        || status.getState() == ContainerState.CONTAINER_UNKNOWN;
  }
}
