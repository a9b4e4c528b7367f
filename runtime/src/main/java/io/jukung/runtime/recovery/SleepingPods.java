package io.jukung.runtime.recovery;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes up pods whose shims sleep, without waking the shims: if the records, the cgroups and the
 * processes agree that nothing has happened since the earlier daemon, a shim has nothing to add.
 */
final class SleepingPods {
  private final StateFiles files;
  private final ContainerStore containers;
  private final PodCgroups cgroups;

  SleepingPods(StateFiles files, ContainerStore containers, PodCgroups cgroups) {
    this.files = files;
    this.containers = containers;
    this.cgroups = cgroups;
  }

  /**
   * Takes up a pod.
   *
   * @return false if the shim has to be asked
   */
  boolean takeUp(Sandbox sandbox, PodShim shim) throws IOException {
    if (sandbox.record().config().isSharedPid()) {
      return false; // no record says which process is the pod's first one
    }
    List<Container> running = new ArrayList<>();
    for (Container container : containers.of(sandbox.id())) {
      ContainerStatusRecord status = container.status();
      if (status.isRunning()) {
        running.add(container);
      } else if (status.mayRun() || !hasNothing(container, status)) {
        return false;
      }
    }
    // The processes are watched first: one that ends from here on is an event and no doubt.
    shim.watch(running.stream().map(each -> each.status().pid()).toList());
    for (Container container : running) {
      if (!lives(container)) {
        return false;
      }
    }
    return true;
  }

  private boolean lives(Container container) throws IOException {
    return !Files.exists(files.paths().containerExit(container.id()))
        && cgroup(container).allProcesses().contains(container.status().pid());
  }

  /** Whether a container that does not run according to its record has no process and no news. */
  private boolean hasNothing(Container container, ContainerStatusRecord status) throws IOException {
    return status.isExited()
        || (!Files.exists(files.paths().containerExit(container.id()))
            && !cgroup(container).isPopulated());
  }

  private Cgroup cgroup(Container container) {
    return cgroups.at(container.record().cgroup());
  }
}
