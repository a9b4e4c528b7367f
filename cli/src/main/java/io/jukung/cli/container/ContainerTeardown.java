package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.pod.PodTeardown;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.StopContainerRequest;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Stops and removes containers. {@code jukung run} makes a pod for each container, and that pod is
 * stopped and removed with the container; pods that others made are left alone.
 */
public final class ContainerTeardown {
  private ContainerTeardown() {}

  static void stop(Connection connection, String id, long graceSeconds) {
    connection
        .runtime(Connection.CHANGE.plus(Duration.ofSeconds(graceSeconds)))
        .stopContainer(
            StopContainerRequest.newBuilder().setContainerId(id).setTimeout(graceSeconds).build());
  }

  static void stopWithPod(Connection connection, Container container, StopTime time)
      throws InterruptedException {
    time.stop(connection, container);
    if (isPodOfRun(connection, container.getPodSandboxId())) {
      PodTeardown.stop(connection, container.getPodSandboxId());
    }
  }

  /** Removes a container; one that is running is killed first. */
  static void remove(Connection connection, Container container) {
    boolean ofRun = isPodOfRun(connection, container.getPodSandboxId());
    Optional<String> log =
        ofRun
            ? connection.containerStatus(container.getId()).map(ContainerStatus::getLogPath)
            : Optional.empty();
    connection
        .runtime(Connection.CHANGE)
        .removeContainer(
            RemoveContainerRequest.newBuilder().setContainerId(container.getId()).build());
    if (ofRun) {
      PodTeardown.remove(connection, container.getPodSandboxId());
      log.filter(path -> !path.isEmpty()).ifPresent(path -> removeLogs(Path.of(path)));
    }
  }

  /** Removes a log, the files that rotation made of it, and their directory if it is empty then. */
  public static void removeLogs(Path log) {
    Path directory = Objects.requireNonNull(log.getParent(), "a log path is absolute");
    String name = String.valueOf(log.getFileName());
    try {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(
              directory, file -> String.valueOf(file.getFileName()).startsWith(name))) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(directory);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      return; // The log was never written, or the directory has other files too.
    } catch (IOException e) {
      throw CliException.failed("log " + log + " was not removed: " + e);
    }
  }

  private static boolean isPodOfRun(Connection connection, String podId) {
    return connection
        .podStatus(podId)
        .map(status -> status.getLabelsMap().containsKey(OwnContainers.LABEL))
        .orElse(false);
  }
}
