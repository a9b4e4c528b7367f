package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.ProjectQuota;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.DataSize;
import io.jukung.runtime.own.ContainerOptions;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much containers may write into their root file systems: the limit of the node's
 * configuration, and for containers of jukung's own that of {@code jukung run --storage-opt}.
 *
 * <p>Where the file system has project quotas, the kernel enforces it. Then the directories have
 * the limit, so that it outlives daemon and node, and it is lifted when they are deleted ({@link
 * io.jukung.runtime.store.StateFiles#deleteContainer}). Elsewhere a container with a limit is
 * refused, or the daemon measures it, as the configuration says. Thread-safe.
 */
public final class WritableLayerLimits {
  private static final Logger LOG = LoggerFactory.getLogger(WritableLayerLimits.class);

  /** Whiteouts, directories and the files that the daemon makes take some room. */
  private static final long LEAST_BYTES = 1 << 20;

  private final StatePaths paths;
  private volatile Config.WritableLayer node;

  public WritableLayerLimits(StatePaths paths, Config.WritableLayer node) {
    this.paths = paths;
    this.node = node;
    warnIfImpossible();
  }

  /** Takes another limit for containers that are created from now on. */
  public void use(Config.WritableLayer next) {
    node = next;
    warnIfImpossible();
  }

  private void warnIfImpossible() {
    if (node.maxSize().bytes() == 0 || isDaemonToMeasure()) {
      return;
    }
    try (Fd directory = HostFile.openDirectory(paths.containers())) {
      Optional<String> obstacle = ProjectQuota.obstacle(directory);
      if (obstacle.isPresent()) {
        LOG.warn(
            "no container can be created: writable_layer.max_size is set, and {} cannot limit"
                + " containers: {}",
            paths.containers(),
            obstacle.get());
      }
    } catch (IOException e) {
      LOG.warn("the limit of writable layers cannot be checked: {}", e.getMessage());
    }
  }

  /**
   * Limits a container whose writable layer was made and is empty.
   *
   * @throws CriException FAILED_PRECONDITION if there is a limit, and nobody can enforce it;
   *     INVALID_ARGUMENT if an own container asks for less than a container needs
   */
  public void limit(SandboxRecord sandbox, Map<String, String> annotations, String containerId)
      throws IOException {
    Long asked = ContainerOptions.of(sandbox, annotations).writableLayerBytes();
    if (asked != null && asked < LEAST_BYTES) {
      throw CriException.invalidArgument(
          "CreateContainer: the limit of the writable layer is %d bytes, and must be %s or more"
              .formatted(asked, new DataSize(LEAST_BYTES)));
    }
    long bytes = bytes(sandbox, asked);
    if (bytes > 0) {
      limit(
          containerId,
          asked == null ? "writable_layer.max_size" : "the storage option size",
          bytes);
    }
  }

  /** Containers of builds have no limit: what their commands write becomes an image. */
  private long bytes(SandboxRecord sandbox, @Nullable Long asked) {
    if (asked != null) {
      return asked;
    }
    return OwnContainers.isOfBuild(sandbox) ? 0 : node.maxSize().bytes();
  }

  private boolean isDaemonToMeasure() {
    return node.enforcedBy() == Config.LayerEnforcement.DAEMON;
  }

  /** How often containers are measured whose limits the daemon enforces. */
  public Duration measureEvery() {
    return node.measureEvery();
  }

  /**
   * The limit in bytes, as of the container's creation, that the daemon enforces for a container
   * for which {@link #isKernelEnforcing} returns false; 0: none.
   */
  public long measuredBytes(String containerId) throws IOException {
    if (!isDaemonToMeasure()) {
      return 0;
    }
    try {
      return Json.read(Files.readAllBytes(paths.containerWriteLimit(containerId)), WriteLimit.class)
          .bytes();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** Whether the kernel enforces a limit of the container now. */
  public boolean isKernelEnforcing(String containerId) throws IOException {
    // The work directory has the same number, and no container can change it.
    try (Fd work = HostFile.openDirectory(paths.containerWork(containerId))) {
      return ProjectQuota.isLimited(work) && ProjectQuota.obstacle(work).isEmpty();
    }
  }

  /**
   * What is on record of a limit.
   *
   * @param version {@link #VERSION}
   */
  record WriteLimit(int version, long bytes) {
    static final int VERSION = 1;
  }

  private void limit(String containerId, String setting, long bytes) throws IOException {
    Path upper = paths.containerUpper(containerId);
    try (Fd written = HostFile.openDirectory(upper);
        Fd work = HostFile.openDirectory(paths.containerWork(containerId))) {
      Optional<String> obstacle = ProjectQuota.obstacle(written);
      if (obstacle.isPresent() && !isDaemonToMeasure()) {
        throw CriException.failedPrecondition(
            "CreateContainer: %s is set, but %s cannot limit containers: %s"
                .formatted(setting, paths.containers(), obstacle.get()));
      }
      AtomicFile.write(
          paths.containerWriteLimit(containerId),
          Json.write(new WriteLimit(WriteLimit.VERSION, bytes)));
      if (obstacle.isEmpty()) {
        ProjectQuota.limit(List.of(written, work), bytes);
      }
    }
  }
}
