package io.jukung.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Waits for the end of a container by asking for its status. */
final class ContainerWatch {
  /** Short enough for a prompt to feel prompt; one question costs the daemon some 40 µs. */
  private static final Duration INTERVAL = Duration.ofMillis(50);

  private final Connection connection;
  private final String id;

  ContainerWatch(Connection connection, String id) {
    this.connection = connection;
    this.id = id;
  }

  /**
   * Gives out the log as it grows, all of it, until the container has ended.
   *
   * @return how it ended; empty where it was removed meanwhile
   */
  Optional<ContainerStatus> followToEnd(LogFile log) throws IOException, InterruptedException {
    while (true) {
      // Asked before the log is read: what came before the end is in the log then.
      Optional<ContainerStatus> status = status();
      boolean ended = status.isEmpty() || hasEnded(status.get());
      if (ended) {
        log.readRest();
        return status;
      }
      log.read();
      Thread.sleep(INTERVAL);
    }
  }

  /** Waits for the end; the exit code. */
  int exitCode() throws InterruptedException {
    while (true) {
      ContainerStatus status =
          status()
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

  private Optional<ContainerStatus> status() {
    try {
      return Optional.of(
          connection
              .runtime()
              .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
              .getStatus());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
