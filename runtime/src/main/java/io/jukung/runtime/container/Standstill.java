package io.jukung.runtime.container;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Freezes containers while their files are read. A mark on disk is made before that and removed
 * after it, so that the next daemon thaws what a killed daemon has left frozen. Thread-safe.
 */
public final class Standstill {
  private static final Logger LOG = LoggerFactory.getLogger(Standstill.class);

  private final StatePaths paths;
  private final PodCgroups cgroups;
  private final ContainerStore containers;
  private final Freezer freezer;

  public Standstill(
      StatePaths paths, PodCgroups cgroups, ContainerStore containers, Freezer freezer) {
    this.paths = paths;
    this.cgroups = cgroups;
    this.containers = containers;
    this.freezer = freezer;
  }

  /** What is done while the container is frozen. */
  @FunctionalInterface
  public interface Work {
    /** Does the work. */
    void run() throws IOException;
  }

  /**
   * Does the work while the container's processes are frozen. A container that does not run, or
   * that is paused already, is left as it is.
   *
   * @throws IOException if the processes do not freeze, or from the work
   */
  public void during(Container container, Work work) throws IOException, InterruptedException {
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    if (!container.status().isRunning() || Freezer.isFrozen(cgroup)) {
      work.run();
      return;
    }
    Path mark = paths.standing().resolve(container.id());
    Files.createFile(mark);
    try {
      freeze(container, cgroup);
      work.run();
    } finally {
      thaw(cgroup, mark);
    }
  }

  private void freeze(Container container, Cgroup cgroup) throws IOException, InterruptedException {
    try {
      freezer.freeze(cgroup);
    } catch (IOException e) {
      if (cgroup.exists() && cgroup.isPopulated()) {
        throw e;
      }
      LOG.debug("container {} has ended, nothing changes its files", container.id());
    }
  }

  /** Thaws a container, which would stand for ever: what failed once is tried once more. */
  private void thaw(Cgroup cgroup, Path mark) throws IOException {
    try {
      freezer.thaw(cgroup);
    } catch (IOException e) {
      LOG.warn("{} is thawed once more: {}", cgroup, e.getMessage());
      freezer.thaw(cgroup);
    }
    Files.deleteIfExists(mark);
  }

  /** Thaws the containers that an earlier daemon has left frozen for its own work. */
  public void recover() throws IOException {
    List<Path> marks;
    try (Stream<Path> files = Files.list(paths.standing())) {
      marks = files.toList();
    }
    for (Path mark : marks) {
      String id = mark.getFileName().toString();
      for (Container container : containers.all()) {
        if (container.id().equals(id)) {
          LOG.warn("container {} was frozen for a call of an earlier daemon, and is thawed", id);
          thaw(cgroups.at(container.record().cgroup()), mark);
        }
      }
      Files.deleteIfExists(mark);
    }
  }
}
