package io.jukung.runtime.container;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerExit;
import io.jukung.runtime.store.ExitRecord;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends containers that no shim answers for, and finds out how they ended. Thread-safe. */
public final class UnwatchedContainers {
  private static final Logger LOG = LoggerFactory.getLogger(UnwatchedContainers.class);

  private final StateFiles files;
  private final PodCgroups cgroups;

  public UnwatchedContainers(StateFiles files, PodCgroups cgroups) {
    this.files = files;
    this.cgroups = cgroups;
  }

  /**
   * Kills every process in the container's cgroup and waits until they are gone. Then the container
   * is EXITED, with the exit code in exit.json if the shim has written one. A container that was
   * never started stays CREATED.
   *
   * @param why the reason for the status: why no shim tells how the container ended
   * @throws IOException if the processes do not end, which leaves the container UNKNOWN, or if the
   *     end cannot be written to the disk
   */
  public void end(Container container, String why) throws IOException {
    removeCgroup(container, why);
    Optional<ExitRecord> exit = exitRecord(container.id());
    if (exit.isPresent()) {
      container.exited(ContainerExit.of(exit.get()));
    } else {
      container.lost(Clock.now(), why);
    }
  }

  private void removeCgroup(Container container, String why) throws IOException {
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    try {
      cgroups.remove(cgroup);
    } catch (IOException e) {
      if (mayHaveProcesses(cgroup)) {
        container.unknown(why + "; its processes do not end: " + e.getMessage());
        throw e;
      }
      LOG.warn("container {}: {} cannot be removed: {}", container.id(), cgroup, e.getMessage());
    }
  }

  /** Whether the cgroup has a process, or cannot be asked. */
  public static boolean mayHaveProcesses(Cgroup cgroup) {
    try {
      return cgroup.isPopulated();
    } catch (IOException e) {
      LOG.warn("{} cannot be asked for its processes: {}", cgroup, e.getMessage());
      return true;
    }
  }

  private Optional<ExitRecord> exitRecord(String id) {
    try {
      return files.readExit(id);
    } catch (IOException e) {
      LOG.error("container {}: its exit record cannot be read", id, e);
      return Optional.empty();
    }
  }
}
