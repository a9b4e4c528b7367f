package io.jukung.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Ends containers. {@code jukung run} makes a pod for each container, so that pod ends with it;
 * other pods are their makers'.
 */
final class Teardown {
  private Teardown() {}

  static void stop(Connection connection, Container container, long graceSeconds) {
    connection
        .runtime(Connection.CHANGE.plus(Duration.ofSeconds(graceSeconds)))
        .stopContainer(
            StopContainerRequest.newBuilder()
                .setContainerId(container.getId())
                .setTimeout(graceSeconds)
                .build());
    if (isPodOfRun(connection, container.getPodSandboxId())) {
      connection
          .runtime(Connection.CHANGE)
          .stopPodSandbox(
              StopPodSandboxRequest.newBuilder()
                  .setPodSandboxId(container.getPodSandboxId())
                  .build());
    }
  }

  /** Kills it first where it runs. */
  static void remove(Connection connection, Container container) {
    boolean ofRun = isPodOfRun(connection, container.getPodSandboxId());
    Optional<String> log = ofRun ? logPath(connection, container.getId()) : Optional.empty();
    connection
        .runtime(Connection.CHANGE)
        .removeContainer(
            RemoveContainerRequest.newBuilder().setContainerId(container.getId()).build());
    if (ofRun) {
      removePod(connection, container.getPodSandboxId());
      log.ifPresent(path -> removeLogs(Path.of(path)));
    }
  }

  static void removePod(Connection connection, String id) {
    connection
        .runtime(Connection.CHANGE)
        .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
    connection
        .runtime(Connection.CHANGE)
        .removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  /** The log, what rotation made of it, and the directory once it is empty. */
  static void removeLogs(Path log) {
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
      return; // never written, or somebody keeps more there
    } catch (IOException e) {
      throw CliException.failed("log " + log + " was not removed: " + e);
    }
  }

  private static Optional<String> logPath(Connection connection, String id) {
    try {
      ContainerStatus status =
          connection
              .runtime()
              .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
              .getStatus();
      return Optional.of(status.getLogPath()).filter(path -> !path.isEmpty());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean isPodOfRun(Connection connection, String id) {
    try {
      Map<String, String> labels =
          connection
              .runtime()
              .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
              .getStatus()
              .getLabelsMap();
      return labels.containsKey(RunRequest.LABEL);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }
}
