package io.jukung.engine.container;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.Volume;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Removes containers with their pods, logs and anonymous volumes. Thread-safe. */
public final class Removal {
  private final Daemon daemon;
  private final Consumer<String> log;

  /**
   * @param log gets a line for each log file that was not removed
   */
  public Removal(Daemon daemon, Consumer<String> log) {
    this.daemon = daemon;
    this.log = log;
  }

  /** Removes a container; one that runs is killed. */
  void remove(Container container, boolean withVolumes) {
    String id = container.getId();
    boolean own = Lookup.isOwn(container);
    String logPath = own ? daemon.status(id).map(ContainerStatus::getLogPath).orElse("") : "";
    List<String> volumes = withVolumes ? anonymousVolumes(id) : List.of();
    var _ =
        daemon
            .runtime(Daemon.CHANGE)
            .removeContainer(RemoveContainerRequest.newBuilder().setContainerId(id).build());
    if (own) {
      removePod(container.getPodSandboxId());
      if (!logPath.isEmpty()) {
        removeLogs(Path.of(logPath));
      }
    }
    removeVolumes(volumes);
  }

  /** Removes what is left of a container that could not be made. */
  void discard(String podId, List<String> volumes, Path logFile) {
    removePod(podId);
    removeVolumes(volumes);
    removeLogs(logFile);
  }

  private void removePod(String podId) {
    var _ =
        daemon
            .runtime(Daemon.CHANGE)
            .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(podId).build());
    var _ =
        daemon
            .runtime(Daemon.CHANGE)
            .removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(podId).build());
  }

  private List<String> anonymousVolumes(String containerId) {
    return daemon
        .volumes()
        .listVolumes(ListVolumesRequest.getDefaultInstance())
        .getVolumesList()
        .stream()
        .filter(Volume::getAnonymous)
        .filter(each -> each.getContainerIdsList().contains(containerId))
        .map(Volume::getName)
        .toList();
  }

  /** Removes the volumes, except those that another container uses. */
  private void removeVolumes(List<String> names) {
    for (String name : names) {
      try {
        var _ =
            daemon.volumes().removeVolume(RemoveVolumeRequest.newBuilder().setName(name).build());
      } catch (StatusRuntimeException e) {
        Status.Code code = e.getStatus().getCode();
        if (code != Status.Code.FAILED_PRECONDITION && code != Status.Code.NOT_FOUND) {
          throw e;
        }
      }
    }
  }

  /** Removes a log, the files that rotation made of it, and their directory if it is empty then. */
  private void removeLogs(Path file) {
    Path directory = Objects.requireNonNull(file.getParent(), "a log path is absolute");
    String name = String.valueOf(file.getFileName());
    try {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(
              directory, each -> String.valueOf(each.getFileName()).startsWith(name))) {
        for (Path each : files) {
          Files.deleteIfExists(each);
        }
      }
      Files.deleteIfExists(directory);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      return; // The log was never written, or the directory has other files too.
    } catch (IOException e) {
      log.accept("log " + file + " was not removed: " + e);
    }
  }
}
