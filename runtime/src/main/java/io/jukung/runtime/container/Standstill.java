package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets containers stand still while their files are read (cgroup.freeze). A mark on disk is made
 * before and removed after that, so that a daemon that starts lets go what its predecessor could
 * not. Thread-safe.
 */
public final class Standstill {
  private static final Logger log = LoggerFactory.getLogger(Standstill.class);

  /** A process that waits for a slow disk stands still only when its wait has ended. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration INTERVAL = Duration.ofMillis(2);

  private final StatePaths paths;
  private final PodCgroups cgroups;
  private final ContainerStore containers;

  public Standstill(StatePaths paths, PodCgroups cgroups, ContainerStore containers) {
    this.paths = paths;
    this.cgroups = cgroups;
    this.containers = containers;
  }

  /** What is done meanwhile. */
  @FunctionalInterface
  public interface Work {
    void run() throws IOException;
  }

  /**
   * Does the work while the container's processes stand still. A container that does not run, or
   * that stands still already, is left as it is.
   *
   * @throws CriException FAILED_PRECONDITION if its processes do not come to a stand
   */
  public void during(Container container, Work work) throws IOException, InterruptedException {
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    if (!container.status().isRunning() || cgroup.isFreezeRequested()) {
      work.run();
      return;
    }
    Path mark = paths.standing().resolve(container.id());
    Files.write(mark, new byte[0]);
    try {
      cgroup.setFrozen(true);
      await(container, cgroup);
      work.run();
    } finally {
      letGo(cgroup, mark);
    }
  }

  private static void await(Container container, Cgroup cgroup)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!cgroup.isFrozen()) {
      if (!cgroup.isPopulated()) {
        return; // its last process has ended: nothing changes the files any more
      }
      if (System.nanoTime() - end > 0) {
        throw CriException.failedPrecondition(
            "the processes of container %s do not stand still after %d s"
                .formatted(container.id(), PATIENCE.toSeconds()));
      }
      Thread.sleep(INTERVAL);
    }
  }

  private static void letGo(Cgroup cgroup, Path mark) throws IOException {
    if (cgroup.exists()) {
      cgroup.setFrozen(false);
    }
    Files.deleteIfExists(mark);
  }

  /** Lets go the containers that an earlier daemon has left standing. */
  public void recover() throws IOException {
    List<Path> marks;
    try (Stream<Path> files = Files.list(paths.standing())) {
      marks = files.toList();
    }
    for (Path mark : marks) {
      String id = mark.getFileName().toString();
      for (Container container : containers.all()) {
        if (container.id().equals(id)) {
          log.warn("container {} stood still for an earlier daemon and goes on now", id);
          letGo(cgroups.at(container.record().cgroup()), mark);
        }
      }
      Files.deleteIfExists(mark);
    }
  }
}
