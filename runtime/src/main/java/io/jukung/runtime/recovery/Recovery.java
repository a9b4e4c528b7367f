package io.jukung.runtime.recovery;

import io.jukung.cri.CriException;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.recovery.BoundedWork.Work;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what an earlier daemon has left. Before the daemon serves, this reads every record and
 * lists what no record knows. While the daemon serves, it finds the shims, learns the state of each
 * container, and removes what no record knows. Each object is taken up on its own: one that is
 * unreadable or stuck keeps none of the others.
 *
 * <pre>
 *   read records ──► list what has no record ──► the daemon serves
 *                                                 ├─ take up each pod ({@link TakeUps})
 *                                                 ├─ remove what has no record ({@link Sweep})
 *                                                 └─ read on what was not read in time
 * </pre>
 */
public final class Recovery implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  /**
   * How long the daemon does not serve because of records that are not read yet. A read takes a
   * millisecond. Kubelet would make a pod again whose sandbox it does not see.
   */
  private static final Duration READ_LIMIT = Duration.ofSeconds(10);

  /** How long calls wait for a shim that does not answer, before they fail at once. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  /** How long a removal may take before the log says that it goes on. DEL takes about a second. */
  private static final Duration SWEEP_LIMIT = Duration.ofSeconds(30);

  /**
   * How long parts of a recovery may take.
   *
   * @param read how long {@link #run} waits for records
   * @param silence how long calls wait for a shim that does not answer, before they fail at once
   */
  public record Limits(Duration read, Duration silence) {}

  /** Takes up the networks of sandboxes. */
  @FunctionalInterface
  public interface PodNetworks {
    /** Notes what a sandbox holds in networks, before anybody sees the sandbox. */
    void note(SandboxRecord sandbox);

    /**
     * Takes up a sandbox whose record was read after {@link #run} had returned, when the networks
     * of all others were taken up already. Must not wait.
     */
    default void takeUpLate(Sandbox sandbox) {}
  }

  private final StateFiles files;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerImages images;
  private final PodShims shims;
  private final SandboxReconciler reconciler;
  private final PodNetworks networks;
  private final Limits limits;
  private final RecordLoader loader;
  private final DamagedRecords damaged;
  private final TakeUps takeUps;
  private final Sweep sweep;
  private boolean serves;
  private volatile Duration read = Duration.ZERO;
  private volatile @Nullable Duration takenUp;

  /**
   * Makes a recovery into stores that are empty.
   *
   * @param networks takes up the networks of sandboxes that have one
   */
  public Recovery(
      StateFiles files,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerImages images,
      PodShims shims,
      PodCgroups cgroups,
      SandboxReconciler reconciler,
      PodNetworks networks) {
    this(
        files,
        RecordReader.of(files),
        sandboxes,
        containers,
        images,
        shims,
        cgroups,
        reconciler,
        networks,
        new Limits(READ_LIMIT, SILENCE));
  }

  /**
   * A recovery for tests.
   *
   * @param reader reads the records that are below {@code files}
   */
  public Recovery(
      StateFiles files,
      RecordReader reader,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerImages images,
      PodShims shims,
      PodCgroups cgroups,
      SandboxReconciler reconciler,
      PodNetworks networks,
      Limits limits) {
    this.files = files;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.images = images;
    this.shims = shims;
    this.reconciler = reconciler;
    this.networks = networks;
    this.limits = limits;
    this.loader = new RecordLoader(files, reader, cgroups, new Arrivals());
    this.damaged = new DamagedRecords(files, cgroups);
    this.takeUps = new TakeUps(sandboxes, shims, reconciler, loader.unread(), limits.silence());
    this.sweep = new Sweep(files, images, cgroups, reconciler);
  }

  /**
   * Reads the records. On return the daemon can serve.
   *
   * @return completes when an attempt to take up each pod is over, and the removals are
   * @throws IOException if the state directories themselves cannot be used
   */
  public CompletableFuture<Void> run() throws IOException, InterruptedException {
    long start = System.nanoTime();
    files.paths().createDirectories();
    loader.load(limits.read());
    replaceDamaged();
    List<Work> sweeps = sweep.find(known());
    List<CompletableFuture<Void>> parts = new ArrayList<>();
    synchronized (this) {
      serves = true; // from here on, what arrives is taken up at once
      sandboxes.all().forEach(sandbox -> parts.add(takeUps.start(sandbox)));
    }
    for (Container container : containers.all()) {
      afterLoad(container).ifPresent(sweeps::add);
    }
    parts.add(inBackground(sweeps));
    read = since(start);
    LOG.info(
        "read the records of {} sandboxes and {} containers in {} ms",
        sandboxes.all().size(),
        containers.all().size(),
        read.toMillis());
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenRun(
            () -> {
              Duration took = since(start);
              takenUp = took;
              LOG.info("took up what was left in {} ms", took.toMillis());
            });
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** How {@link #run} has gone so far. */
  public RecoveryReport report() {
    return new RecoveryReport(
        read,
        Optional.ofNullable(takenUp),
        loader.damagedSandboxes().size() + loader.damagedContainers().size());
  }

  /**
   * Names what no record knows, while the daemon serves: what a removal that failed has left. What
   * is being created has a reserved name and is not among them.
   */
  public List<String> orphans() throws IOException {
    return orphanWork().stream().map(Work::what).toList();
  }

  /** The orphans, and how each is removed. */
  List<Work> orphanWork() throws IOException {
    return sweep.find(
        () -> {
          Set<String> known = known();
          known.addAll(sandboxes.names().owners());
          known.addAll(containers.names().owners());
          return known;
        });
  }

  private static CompletableFuture<Void> inBackground(List<Work> sweeps) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            BoundedWork.run(sweeps, SWEEP_LIMIT);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        Thread.ofVirtual().name("sweep")::start);
  }

  /** Ends what goes on in the background. */
  @Override
  public void close() {
    loader.close();
    takeUps.close();
  }

  /** Puts into the stores what was read. What arrives late is taken up at once. */
  private final class Arrivals implements RecordLoader.Receiver {
    @Override
    public void loaded(Sandbox sandbox) {
      reserve(sandbox.record());
      if (sandbox.record().networkSetUp()) {
        networks.note(sandbox.record());
      }
      boolean late;
      synchronized (Recovery.this) {
        sandboxes.add(sandbox);
        takeUp(sandbox);
        late = serves;
      }
      if (late) {
        networks.takeUpLate(sandbox);
      }
    }

    @Override
    public void loaded(Container container) {
      try {
        containers.names().reserve(container.record().name(), container.id());
      } catch (CriException e) {
        LOG.error("{} shares its name: {}", container, e.getMessage());
      }
      synchronized (Recovery.this) {
        containers.add(container);
        sandboxes.find(container.record().sandboxId()).ifPresent(this::takeUp);
      }
    }

    private void takeUp(Sandbox sandbox) {
      if (serves) {
        var _ = takeUps.start(sandbox);
      }
    }
  }

  /** A sandbox that was read late may find that a new one has its name. Then both are shown. */
  private void reserve(SandboxRecord record) {
    try {
      sandboxes.names().reserve(record.name(), record.id());
    } catch (CriException e) {
      LOG.error("sandbox {} shares its name: {}", record.id(), e.getMessage());
    }
  }

  private void replaceDamaged() {
    for (Map.Entry<String, Exception> each : loader.damagedSandboxes().entrySet()) {
      String id = each.getKey();
      try {
        List<ContainerRecord> members = containers.of(id).stream().map(Container::record).toList();
        new Arrivals().loaded(new Sandbox(damaged.sandbox(id, members, each.getValue())));
      } catch (IOException | RuntimeException e) {
        loader.unread().add(id);
        LOG.error("sandbox {} is damaged and stays as it is until the next start", id, e);
      }
    }
    for (Map.Entry<String, Exception> each : loader.damagedContainers().entrySet()) {
      String id = each.getKey();
      try {
        replaceContainer(id, each.getValue());
      } catch (IOException | RuntimeException e) {
        loader.unread().add(id);
        LOG.error("container {} is damaged and stays as it is until the next start", id, e);
      }
    }
  }

  private void replaceContainer(String id, Exception why) throws IOException {
    List<SandboxRecord> all = sandboxes.all().stream().map(Sandbox::record).toList();
    Optional<ContainerRecord> record = damaged.container(id, all, why);
    if (record.isPresent()) {
      new Arrivals()
          .loaded(
              new Container(
                  files,
                  record.get(),
                  ContainerStatusRecord.damaged("the record of the container is damaged")));
    } else if (loader.unread().isEmpty()) {
      // It has no process in any pod. Nobody could ask for its removal.
      LOG.error("container {} is damaged and belongs to no sandbox, and is removed", id);
      images.release(id);
      files.deleteContainer(id);
    } else {
      loader.unread().add(id); // its sandbox may be one that is not read yet
    }
  }

  private Set<String> known() {
    Set<String> known = new HashSet<>(loader.unread());
    sandboxes.all().forEach(sandbox -> known.add(sandbox.id()));
    containers.all().forEach(container -> known.add(container.id()));
    return known;
  }

  /** What has to be done with a container that cannot go on as it is. */
  private Optional<Work> afterLoad(Container container) {
    String sandbox = container.record().sandboxId();
    String what = "end container " + container.id();
    if (loader.damagedContainers().containsKey(container.id())) {
      return Optional.of(new Work(what, () -> reconciler.endDamaged(container)));
    }
    if (sandboxes.find(sandbox).isPresent()) {
      return Optional.empty();
    }
    if (loader.unread().contains(sandbox)) {
      shims.expect(sandbox);
      shims.silent(sandbox, "the record of sandbox " + sandbox + " could not be read yet");
      return Optional.empty();
    }
    LOG.warn("container {} has lost its sandbox {}", container.id(), sandbox);
    return Optional.of(new Work(what, () -> reconciler.endWithoutSandbox(container)));
  }
}
