package io.jukung.runtime.recovery;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.DamagedRecordException;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what an earlier daemon has left: reads every record, finds the shims, learns the state
 * of each container, and removes what no record knows. Each object is taken up on its own and for a
 * bounded time: one that is unreadable or stuck keeps none of the others.
 *
 * <p>A record that is damaged is set aside. One that could not be read, or not in time, stays where
 * it is, and so does all that its object has, until the next start of the daemon.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  /** How long one object may take. A read takes a millisecond, a network's DEL about a second. */
  private static final Duration OBJECT_LIMIT = Duration.ofSeconds(30);

  /** The pause before a silent shim is asked again. Each question waits some seconds by itself. */
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  private final StateFiles files;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerImages images;
  private final PodCgroups cgroups;
  private final SandboxReconciler reconciler;
  private final Duration objectLimit;

  /** Makes a recovery into stores that are empty. */
  public Recovery(
      StateFiles files,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerImages images,
      PodCgroups cgroups,
      SandboxReconciler reconciler) {
    this(files, sandboxes, containers, images, cgroups, reconciler, OBJECT_LIMIT);
  }

  /**
   * A recovery for tests.
   *
   * @param objectLimit how long one object may take
   */
  public Recovery(
      StateFiles files,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerImages images,
      PodCgroups cgroups,
      SandboxReconciler reconciler,
      Duration objectLimit) {
    this.files = files;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.images = images;
    this.cgroups = cgroups;
    this.reconciler = reconciler;
    this.objectLimit = objectLimit;
  }

  /**
   * Takes up everything. On return the daemon can serve.
   *
   * @throws IOException if the state directories themselves cannot be used
   */
  public void run() throws IOException, InterruptedException {
    long start = System.nanoTime();
    StatePaths paths = files.paths();
    paths.createDirectories();
    NotLoaded notLoaded = new NotLoaded();
    load(paths.sandboxes(), this::readSandbox, notLoaded);
    load(paths.containers(), this::readContainer, notLoaded);
    List<Work> reconciliations = new ArrayList<>();
    for (Sandbox sandbox : sandboxes.all()) {
      reconciliations.add(
          new Work(
              "take up sandbox " + sandbox.id(),
              () -> reconciler.reconcile(sandbox, notLoaded.unread)));
    }
    runAll(reconciliations);
    runAll(sweeps(notLoaded));
    sandboxes.all().forEach(this::learnLater);
    LOG.info(
        "took up {} sandboxes and {} containers in {} ms",
        sandboxes.all().size(),
        containers.all().size(),
        (System.nanoTime() - start) / 1_000_000);
  }

  /** The ids of objects on the disk that are not in the stores. Nothing they have is swept. */
  private static final class NotLoaded {
    /** Objects that were set aside, by this daemon or an earlier one. */
    final Set<String> damaged = ConcurrentHashMap.newKeySet();

    /** Objects that could not be read, or not in time. Perhaps nothing is wrong with them. */
    final Set<String> unread = ConcurrentHashMap.newKeySet();
  }

  private interface Step {
    void run() throws Exception;

    /** Called if the step is not over in time. */
    default void giveUp(Future<?> task) {
      task.cancel(true);
    }
  }

  private interface Loader {
    /**
     * Reads an object.
     *
     * @return what adds the object to the stores
     */
    Runnable read(String id) throws IOException;
  }

  private record Work(String what, Step step) {}

  /** Loads each object of a directory. */
  private void load(Path directory, Loader loader, NotLoaded notLoaded)
      throws IOException, InterruptedException {
    List<Work> work = new ArrayList<>();
    for (String id : StateFiles.list(directory)) {
      if (StateFiles.isSetAside(id)) {
        notLoaded.damaged.add(id.substring(0, id.indexOf('.')));
      } else if (!ObjectId.isValid(id)) {
        LOG.warn("{} is not the directory of a record, and stays as it is", directory.resolve(id));
      } else {
        work.add(
            new Work(
                "read " + directory.resolve(id),
                new Load(directory.resolve(id), id, loader, notLoaded)));
      }
    }
    runAll(work);
  }

  /** The load of one object, which counts only if it ends in time. */
  private static final class Load implements Step {
    private final Path directory;
    private final String id;
    private final Loader loader;
    private final NotLoaded notLoaded;
    private boolean over;

    Load(Path directory, String id, Loader loader, NotLoaded notLoaded) {
      this.directory = directory;
      this.id = id;
      this.loader = loader;
      this.notLoaded = notLoaded;
    }

    @Override
    public void run() throws IOException {
      try {
        add(loader.read(id));
      } catch (DamagedRecordException | RuntimeException e) {
        if (end(notLoaded.damaged)) {
          setAside(directory, e);
        }
      } catch (IOException e) {
        if (end(notLoaded.unread)) {
          LOG.error("{} cannot be read, and stays as it is until the next start", directory, e);
        }
      }
    }

    private synchronized void add(Runnable loaded) {
      if (over) {
        LOG.error("{} was read too late, and stays as it is until the next start", directory);
        return;
      }
      loaded.run();
      over = true;
    }

    private synchronized boolean end(Set<String> kind) {
      if (over) {
        return false;
      }
      over = true;
      kind.add(id);
      return true;
    }

    /** Does not interrupt: the read would fail as if something were wrong with the record. */
    @Override
    public void giveUp(Future<?> task) {
      end(notLoaded.unread);
    }
  }

  private static void setAside(Path object, Exception why) throws IOException {
    Path aside = StateFiles.setAside(object, System.currentTimeMillis());
    LOG.error("{} is damaged, and is kept as {}", object, aside, why);
  }

  private Runnable readSandbox(String id) throws IOException {
    if (Files.notExists(files.paths().sandboxRecord(id))) {
      files.deleteSandbox(id); // its creation ended before the first record: nothing else was made
      return () -> {};
    }
    SandboxRecord record = files.readSandbox(id);
    checkVersion(record.version(), SandboxRecord.VERSION);
    checkId(id, record.id());
    return () -> {
      sandboxes.names().reserve(record.name(), id);
      sandboxes.add(new Sandbox(record));
    };
  }

  private Runnable readContainer(String id) throws IOException {
    if (Files.notExists(files.paths().containerRecord(id))) {
      files.deleteContainer(id); // its creation did not finish
      return () -> {};
    }
    ContainerRecord record = files.readContainer(id);
    checkVersion(record.version(), ContainerRecord.VERSION);
    checkId(id, record.id());
    Container container = new Container(files, record, readStatus(id));
    container.unknown("its shim was not asked yet");
    return () -> {
      containers.names().reserve(record.name(), id);
      containers.add(container);
    };
  }

  /** Reads the status. What a damaged one does not tell, shim, exit.json and cgroup will. */
  private ContainerStatusRecord readStatus(String id) throws IOException {
    try {
      return files.readStatus(id);
    } catch (DamagedRecordException e) {
      setAside(files.paths().containerStatus(id), e);
      return ContainerStatusRecord.damaged(String.valueOf(e.getMessage()));
    }
  }

  private static void checkVersion(int found, int known) throws IOException {
    if (found != known) {
      throw new DamagedRecordException(
          "the record has version " + found + "; this release reads version " + known);
    }
  }

  private static void checkId(String directory, String record) throws IOException {
    if (!directory.equals(record)) {
      throw new DamagedRecordException(
          "the record is that of " + record + ", and its directory is another's");
    }
  }

  /** Lists what has to be removed because no record knows it. */
  private List<Work> sweeps(NotLoaded notLoaded) throws IOException {
    Set<String> known = new HashSet<>(notLoaded.damaged);
    known.addAll(notLoaded.unread);
    sandboxes.all().forEach(sandbox -> known.add(sandbox.id()));
    containers.all().forEach(container -> known.add(container.id()));
    List<Work> sweeps = new ArrayList<>();
    sweeps.add(new Work("empty the trash", files::emptyTrash));
    for (String name : StateFiles.list(files.paths().sandboxStates())) {
      // A deletion that was cut short leaves names that begin with the id.
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
      String sandbox = container.record().sandboxId();
      if (notLoaded.unread.contains(sandbox)) {
        container.unknown("the record of its sandbox could not be read");
      } else if (sandboxes.find(sandbox).isEmpty()) {
        LOG.warn("container {} has lost its sandbox {}", container.id(), sandbox);
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

  /**
   * Learns the containers that are UNKNOWN because their shim did not answer. Asks the shim again
   * until it answers or its sandbox is stopped.
   */
  private void learnLater(Sandbox sandbox) {
    if (hasUnknown(sandbox)) {
      Thread.ofVirtual()
          .name("learn of sandbox " + sandbox.id())
          .start(
              () -> {
                try {
                  while (sandbox.isReady() && hasUnknown(sandbox)) {
                    Thread.sleep(ASK_AGAIN);
                    learn(sandbox);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
    }
  }

  private boolean hasUnknown(Sandbox sandbox) {
    return containers.of(sandbox.id()).stream().anyMatch(each -> each.status().isUnknown());
  }

  private void learn(Sandbox sandbox) {
    try (Sandbox.Operation _ = sandbox.begin("take up sandbox " + sandbox.id())) {
      reconciler.learn(sandbox);
    } catch (IOException | RuntimeException e) {
      LOG.warn("sandbox {} cannot be taken up yet: {}", sandbox.id(), e.getMessage());
    }
  }

  /** Runs all steps at once, each for a bounded time. Failures are logged. */
  private void runAll(List<Work> work) throws InterruptedException {
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
    long deadline = System.nanoTime() + objectLimit.toNanos();
    for (int i = 0; i < tasks.size(); i++) {
      Optional<String> failure = await(work.get(i), tasks.get(i), deadline);
      if (failure.isPresent()) {
        LOG.error("{}: {}", work.get(i).what(), failure.get());
      }
    }
  }

  private Optional<String> await(Work work, FutureTask<Boolean> task, long deadline)
      throws InterruptedException {
    try {
      task.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      work.step().giveUp(task);
      return Optional.of("not done within " + objectLimit.toMillis() + " ms, and given up");
    }
  }
}
