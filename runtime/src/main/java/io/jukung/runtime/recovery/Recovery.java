package io.jukung.runtime.recovery;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what an earlier daemon has left: reads every record, finds the shims, makes the state
 * that of the world, and removes what no record knows. Each object is taken up on its own and for a
 * bounded time: one that is unreadable or stuck keeps none of the others.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  /** For one object. Reading takes a millisecond, a network's DEL a second or so. */
  private static final Duration OBJECT_LIMIT = Duration.ofSeconds(30);

  private final StateFiles files;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerImages images;
  private final PodCgroups cgroups;
  private final SandboxReconciler reconciler;

  /** Works with these. The stores are empty. */
  public Recovery(
      StateFiles files,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerImages images,
      PodCgroups cgroups,
      SandboxReconciler reconciler) {
    this.files = files;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.images = images;
    this.cgroups = cgroups;
    this.reconciler = reconciler;
  }

  /**
   * Does it all. On return the daemon can serve.
   *
   * @throws IOException where the state directories themselves cannot be used
   */
  public void run() throws IOException, InterruptedException {
    long start = System.nanoTime();
    StatePaths paths = files.paths();
    paths.createDirectories();
    Set<String> unread = new HashSet<>();
    load(paths.sandboxes(), this::loadSandbox, unread);
    load(paths.containers(), this::loadContainer, unread);
    List<Work> reconciliations = new ArrayList<>();
    for (Sandbox sandbox : sandboxes.all()) {
      reconciliations.add(
          new Work("take up sandbox " + sandbox.id(), () -> reconciler.reconcile(sandbox, Set.of())));
    }
    runAll(reconciliations);
    runAll(sweeps(unread));
    LOG.info(
        "took up {} sandboxes and {} containers in {} ms",
        sandboxes.all().size(),
        containers.all().size(),
        (System.nanoTime() - start) / 1_000_000);
  }

  private interface Step {
    void run() throws Exception;
  }

  private interface Loader {
    void load(String id) throws IOException;
  }

  private record Work(String what, Step step) {}

  /**
   * Loads each object of a directory.
   *
   * @param unread gets the ids of those that could not be loaded: what they have is not swept
   */
  private void load(Path directory, Loader loader, Set<String> unread)
      throws IOException, InterruptedException {
    List<Work> work = new ArrayList<>();
    for (String id : StateFiles.list(directory)) {
      if (StateFiles.isSetAside(id)) {
        unread.add(id.substring(0, id.indexOf('.')));
      } else if (!ObjectId.isValid(id)) {
        LOG.warn("{} is not ours, and stays as it is", directory.resolve(id));
      } else {
        work.add(
            new Work(
                "read " + directory.resolve(id),
                () -> {
                  try {
                    loader.load(id);
                  } catch (IOException | RuntimeException e) {
                    synchronized (unread) {
                      unread.add(id);
                    }
                    setAside(directory.resolve(id), e);
                  }
                }));
      }
    }
    runAll(work);
  }

  private static void setAside(Path object, Exception why) throws IOException {
    Path aside = StateFiles.setAside(object, System.currentTimeMillis());
    LOG.error("{} cannot be read, and is kept as {}", object, aside, why);
  }

  private void loadSandbox(String id) throws IOException {
    if (Files.notExists(files.paths().sandboxRecord(id))) {
      files.deleteSandbox(id); // ended before its first record: nothing was made yet
      return;
    }
    SandboxRecord record = files.readSandbox(id);
    checkVersion(record.version(), SandboxRecord.VERSION);
    checkId(id, record.id());
    sandboxes.names().reserve(record.name(), id);
    sandboxes.add(new Sandbox(record));
  }

  private void loadContainer(String id) throws IOException {
    if (Files.notExists(files.paths().containerRecord(id))) {
      files.deleteContainer(id); // its creation did not finish
      return;
    }
    ContainerRecord record = files.readContainer(id);
    checkVersion(record.version(), ContainerRecord.VERSION);
    checkId(id, record.id());
    containers.names().reserve(record.name(), id);
    Container container = new Container(files, record, files.readStatus(id));
    container.unknown("its shim was not asked yet");
    containers.add(container);
  }

  private static void checkVersion(int found, int known) throws IOException {
    if (found != known) {
      throw new IOException("record of version " + found + ", this release knows " + known);
    }
  }

  private static void checkId(String directory, String record) throws IOException {
    if (!directory.equals(record)) {
      throw new IOException("record of " + record + " in the directory of another");
    }
  }

  /** Removes what no record knows. */
  private List<Work> sweeps(Set<String> unread) throws IOException {
    Set<String> known = new HashSet<>(unread);
    sandboxes.all().forEach(sandbox -> known.add(sandbox.id()));
    containers.all().forEach(container -> known.add(container.id()));
    List<Work> sweeps = new ArrayList<>();
    sweeps.add(new Work("empty the trash", files::emptyTrash));
    for (String name : StateFiles.list(files.paths().sandboxStates())) {
      // What a deletion that was cut short had moved aside begins with the id too.
      String id = name.substring(0, Math.min(name.length(), ObjectId.LENGTH));
      if (ObjectId.isValid(id) && !known.contains(id)) {
        sweeps.add(new Work("sweep state of sandbox " + name, () -> sweepState(name)));
      }
    }
    for (Map.Entry<String, Cgroup> pod : cgroups.ownPods().entrySet()) {
      String id = pod.getKey();
      if (!known.contains(id)) {
        LOG.warn("cgroup of sandbox {} has no record, and is removed", id);
        sweeps.add(
            new Work("remove cgroup of sandbox " + id, () -> cgroups.remove(pod.getValue())));
      }
    }
    for (String user : images.users()) {
      if (!known.contains(user)) {
        sweeps.add(new Work("release image of container " + user, () -> images.release(user)));
      }
    }
    for (Container container : containers.all()) {
      if (sandboxes.find(container.record().sandboxId()).isEmpty()) {
        LOG.warn(
            "container {} has lost its sandbox {}", container.id(), container.record().sandboxId());
        sweeps.add(
            new Work(
                "end container " + container.id(), () -> reconciler.endWithoutSandbox(container)));
      }
    }
    return sweeps;
  }

  private void sweepState(String id) throws IOException, InterruptedException {
    LOG.warn("state of sandbox {} has no record, and is removed", id);
    reconciler.endUnknownShim(id);
    for (MountinfoLine mount : MountTable.read().under(files.paths().sandboxState(id))) {
      Mounts.detach(Path.of(mount.mountPoint()));
    }
    files.deleteSandboxState(id);
  }

  /** Runs all at once, each for a bounded time; failures are logged. */
  private static void runAll(List<Work> work) throws InterruptedException {
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (Work each : work) {
      Callable<Boolean> callable =
          () -> {
            each.step().run();
            return true;
          };
      FutureTask<Boolean> task = new FutureTask<>(callable);
      tasks.add(task);
      Thread.ofVirtual().name(each.what()).start(task);
    }
    long deadline = System.nanoTime() + OBJECT_LIMIT.toNanos();
    for (int i = 0; i < tasks.size(); i++) {
      Optional<String> failure = await(tasks.get(i), deadline);
      if (failure.isPresent()) {
        LOG.error("{}: {}", work.get(i).what(), failure.get());
      }
    }
  }

  private static Optional<String> await(FutureTask<Boolean> task, long deadline)
      throws InterruptedException {
    try {
      task.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      task.cancel(true);
      return Optional.of("not done after " + OBJECT_LIMIT.toSeconds() + " s, given up");
    }
  }
}
