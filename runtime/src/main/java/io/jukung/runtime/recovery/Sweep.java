package io.jukung.runtime.recovery;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.recovery.BoundedWork.Work;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what no record knows. What that is must be listed before the daemon serves: then nothing
 * that a later call makes can be in the list, and the removal itself may take its time.
 */
final class Sweep {
  private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

  private final StateFiles files;
  private final ContainerImages images;
  private final PodCgroups cgroups;
  private final SandboxReconciler reconciler;

  Sweep(
      StateFiles files, ContainerImages images, PodCgroups cgroups, SandboxReconciler reconciler) {
    this.files = files;
    this.images = images;
    this.cgroups = cgroups;
    this.reconciler = reconciler;
  }

  /**
   * Lists what has to be removed, before the daemon serves.
   *
   * @param known the ids of all objects whose possessions stay
   */
  List<Work> find(Set<String> known) throws IOException {
    List<Work> sweeps = new ArrayList<>();
    List<String> trash = files.trash();
    if (!trash.isEmpty()) {
      sweeps.add(new Work("empty the trash", () -> files.emptyTrash(trash)));
    }
    for (Orphan orphan : possessions()) {
      if (!known.contains(orphan.id())) {
        LOG.warn("{} has no record, and is removed", orphan.what());
        sweeps.add(new Work("remove " + orphan.what(), orphan.removal()));
      }
    }
    return sweeps;
  }

  /**
   * Lists what has to be removed, also while the daemon serves.
   *
   * @param known asked for the ids of all objects after their possessions are listed: what a call
   *     makes meanwhile is either in both lists or only in that of the ids
   */
  List<Work> find(Supplier<Set<String>> known) throws IOException {
    List<Orphan> possessions = possessions();
    directories(files.paths().sandboxes(), possessions);
    directories(files.paths().containers(), possessions);
    Set<String> ids = known.get();
    return possessions.stream()
        .filter(each -> !ids.contains(each.id()))
        .map(each -> new Work(each.what(), each.removal()))
        .toList();
  }

  /** What belongs to the object with an id, or to none. */
  private record Orphan(String id, String what, BoundedWork.Step removal) {}

  private List<Orphan> possessions() throws IOException {
    List<Orphan> found = new ArrayList<>();
    for (String name : StateFiles.list(files.paths().sandboxStates())) {
      // A deletion that was cut short leaves names that begin with the id.
      String id = name.substring(0, Math.min(name.length(), ObjectId.LENGTH));
      if (ObjectId.isValid(id)) {
        found.add(new Orphan(id, "state of sandbox " + name, () -> sweepState(name)));
      }
    }
    for (Map.Entry<String, Cgroup> pod : cgroups.ownPods().entrySet()) {
      String id = pod.getKey();
      found.add(new Orphan(id, "cgroup of sandbox " + id, () -> cgroups.sweep(pod.getValue())));
    }
    for (String id : StateFiles.list(files.paths().bundles())) {
      found.add(new Orphan(id, "bundle of container " + id, () -> files.deleteBundle(id)));
    }
    for (String user : images.users()) {
      found.add(new Orphan(user, "image lease of container " + user, () -> images.release(user)));
    }
    return found;
  }

  private void directories(Path parent, List<Orphan> found) throws IOException {
    for (String name : StateFiles.list(parent)) {
      Path directory = parent.resolve(name);
      found.add(new Orphan(name, "directory " + directory, () -> files.discard(directory)));
    }
  }

  private void sweepState(String id) throws IOException, InterruptedException {
    reconciler.endUnknownShim(id);
    for (MountinfoLine mount : MountTable.read().under(files.paths().sandboxState(id))) {
      Mounts.detach(Path.of(mount.mountPoint()));
    }
    files.deleteSandboxState(id);
  }
}
