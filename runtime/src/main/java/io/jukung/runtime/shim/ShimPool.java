package io.jukung.runtime.shim;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.linux.io.UnixSocket;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.LaunchPlan;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps spare shims ready, because a JVM takes longer to start than a pod, and connects to the
 * shims of an earlier daemon. Thread-safe.
 *
 * <pre>
 *   spares/X.sock ──adopt──▶ sandboxes/ID/shim.sock ──reconnect──▶ (the next daemon's)
 *   spares/X.log             sandboxes/ID/shim.log
 * </pre>
 */
public final class ShimPool implements PodShim.Pool, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShimPool.class);

  /** A spare may have died unseen. Several dead spares in a row have another cause. */
  private static final int ADOPT_ATTEMPTS = 3;

  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(2);

  /**
   * How shims are started.
   *
   * @param command the program with its arguments, see {@code io.jukung.shim.Main}
   * @param directory for the sockets and logs of spares; it exists, accessible to root only
   * @param spares how many to keep ready without demand
   * @param mostSpares how many may be ready
   * @param cgroup a cgroup v2 directory for the shims themselves; null: the daemon's
   * @param rehearsal null: spares do not rehearse
   */
  public record Settings(
      List<String> command,
      Path directory,
      int spares,
      int mostSpares,
      @Nullable Path cgroup,
      @Nullable Rehearsal rehearsal) {
    public Settings {
      command = List.copyOf(command);
    }
  }

  /**
   * What a spare does before its first pod.
   *
   * @param plan launches a process that waits for a signal
   * @param cgroups an existing cgroup, in which nobody else makes any
   */
  public record Rehearsal(LaunchPlan plan, Cgroup cgroups) {}

  private final Settings settings;
  private final ShimStarter starter;
  private final PodShim.Listener listener;
  private final DescriptorLoop loop;
  private final Set<ShimClient> adopted = ConcurrentHashMap.newKeySet();
  private final SpareShims<ShimClient> spares;
  private final ShimRecycler recycler;
  private final @Nullable ShimRehearsal rehearsal;
  // The starts that nobody waits for, by process id; guarded by itself.
  private final Set<Integer> unhurried = new HashSet<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final SleepCounts sleeps = new SleepCounts();

  private ShimPool(Settings settings, PodShim.Listener listener, DescriptorLoop loop) {
    this.settings = settings;
    this.listener = listener;
    this.loop = loop;
    this.starter =
        new ShimStarter(
            new ShimLauncher(settings.command(), settings.directory(), settings.cgroup()),
            settings.directory());
    this.recycler = new ShimRecycler(starter, this::client);
    this.rehearsal =
        settings.rehearsal() == null
            ? null
            : new ShimRehearsal(settings.rehearsal(), recycler, starter);
    this.spares =
        new SpareShims<>(
            new SpareShims.Bounds(
                settings.spares(),
                settings.mostSpares(),
                Runtime.getRuntime().availableProcessors()),
            new Starts());
  }

  /**
   * Opens a pool, which ends spares of an earlier daemon and starts its own in the background.
   *
   * @param loop waits for what shims send; the pool closes it
   */
  public static ShimPool open(Settings settings, PodShim.Listener listener, DescriptorLoop loop)
      throws IOException {
    List<Path> left = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(settings.directory())) {
      files.forEach(left::add);
    }
    List<Cgroup> rehearsals = new ArrayList<>();
    if (settings.rehearsal() != null) {
      Cgroup all = settings.rehearsal().cgroups();
      all.children().forEach(name -> rehearsals.add(all.child(name)));
    }
    ShimPool pool = new ShimPool(settings, listener, loop);
    Thread.ofVirtual()
        .name("leftover shims")
        .start(
            () -> {
              pool.endLeftovers(left);
              endRehearsals(rehearsals);
            });
    pool.spares.open();
    return pool;
  }

  /**
   * Takes over other settings for shims that start from now on. If the command changes, the spares
   * are replaced, and the shims that pods have now get no second pod.
   *
   * @param command as in {@link Settings}
   * @param least how many spares to keep ready without demand
   * @param most how many may be ready
   */
  public void reconfigure(List<String> command, int least, int most) {
    boolean other = !starter.uses(command);
    if (other) {
      starter.use(command);
      recycler.forgetAll();
    }
    spares.rebound(least, most, other);
  }

  /** What there is now, and what has happened since the daemon started. */
  public ShimCounts counts() {
    SpareShims.Counts now = spares.counts();
    return new ShimCounts(
        now.ready(), now.starting(), now.waiting(), sleeps.sleeps(), sleeps.wakes());
  }

  /** Receives what the clients report. */
  private final class Events implements ShimOwner {
    @Override
    public void containerExited(String sandboxId, ContainerExited exit) {
      if (!sandboxId.equals(ShimRehearsal.SANDBOX)) {
        listener.containerExited(sandboxId, exit);
      }
    }

    @Override
    public void logLeftOut(String sandboxId, String containerId, long bytes) {
      if (!sandboxId.equals(ShimRehearsal.SANDBOX)) {
        listener.logLeftOut(containerId, bytes);
      }
    }

    @Override
    public void used() {
      spares.noteUse();
    }

    @Override
    public SleepCounts sleepCounts() {
      return sleeps;
    }

    @Override
    public void shimEnded(ShimClient shim, @Nullable String sandboxId, boolean expected) {
      adopted.remove(shim);
      recycler.ended(shim);
      if (expected) {
        return;
      }
      if (sandboxId != null && !sandboxId.equals(ShimRehearsal.SANDBOX)) {
        listener.shimDied(sandboxId);
        return;
      }
      LOG.warn("{} died", shim);
      ShimStarter.deleteFiles(shim.socketPath());
      spares.died(shim);
    }
  }

  /** Starts and ends spares. */
  private final class Starts implements SpareShims.Source<ShimClient> {
    /**
     * A shim that fails its rehearsal, on a machine that is very busy for example, is replaced by
     * one that does not rehearse: a pod may wait for it.
     */
    @Override
    public ShimClient start(BooleanSupplier awaited) throws IOException {
      try {
        return startOnce(awaited);
      } catch (ShimRehearsal.Failed e) {
        if (closed.get()) {
          throw e;
        }
        LOG.warn("{}: another shim is started, which does not rehearse", e.getMessage());
        return startOnce(() -> true);
      }
    }

    private ShimClient startOnce(BooleanSupplier awaited) throws IOException {
      AtomicInteger started = new AtomicInteger();
      try {
        ShimClient shim =
            starter.start(
                pid -> {
                  started.set(pid);
                  begin(pid, awaited);
                },
                ShimPool.this::client);
        return rehearsed(shim, started.get(), awaited);
      } finally {
        synchronized (unhurried) {
          unhurried.remove(started.get());
        }
      }
    }

    private void begin(int pid, BooleanSupplier awaited) throws IOException {
      synchronized (unhurried) {
        if (!awaited.getAsBoolean()) {
          ShimPriority.lower(pid);
          unhurried.add(pid);
        }
      }
    }

    private ShimClient rehearsed(ShimClient shim, int pid, BooleanSupplier awaited)
        throws IOException {
      ShimClient spare = shim;
      try {
        if (rehearsal != null && !awaited.getAsBoolean()) {
          spare = rehearsal.run(shim);
        }
        ShimPriority.raise(pid);
        return spare;
      } catch (IOException | RuntimeException | Error e) {
        Path socket = spare.socketPath();
        spare.destroy();
        ShimStarter.deleteFiles(socket);
        throw e;
      }
    }

    @Override
    public void hurry() {
      synchronized (unhurried) {
        for (int pid : unhurried) {
          try {
            ShimPriority.raise(pid);
          } catch (IOException e) {
            LOG.debug("a shim goes on at low priority: {}", e.getMessage());
          }
        }
        unhurried.clear();
      }
    }

    @Override
    public boolean isAlive(ShimClient shim) {
      return shim.isAlive();
    }

    @Override
    public void end(ShimClient shim) {
      try {
        endSpare(shim);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} cannot be ended: {}", shim, e.getMessage());
      }
    }
  }

  private ShimClient client(UnixSocket connection, Path socket) throws ErrnoException {
    return ShimClient.of(loop, new Events(), connection, socket, null);
  }

  @Override
  public ShimClient adopt(String sandboxId, Path socket) throws IOException {
    for (int attempt = 1; ; attempt++) {
      ShimClient shim = spares.take();
      Path before = shim.socketPath();
      try {
        adopted.add(shim); // before the shim can die as the pod's, which removes it
        shim.adopt(sandboxId, socket);
        recycler.adopted(shim);
        moveLog(before, socket);
        return shim;
      } catch (IOException | RuntimeException | Error e) {
        adopted.remove(shim);
        shim.destroy();
        ShimStarter.deleteFiles(before);
        if (attempt == ADOPT_ATTEMPTS) {
          throw e;
        }
        LOG.warn("sandbox {} cannot adopt {}: {}", sandboxId, shim, e.getMessage());
      }
    }
  }

  /** Moves the shim's log to the other files of its pod. */
  private static void moveLog(Path spareSocket, Path socket) {
    try {
      Files.move(
          ShimStarter.logOf(spareSocket),
          ShimStarter.logOf(socket),
          StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.warn("the log of a shim cannot be moved to its pod: {}", e.toString());
    }
  }

  @Override
  public Optional<PodShim> reconnect(String sandboxId, Path socket, int shimPid)
      throws IOException {
    Optional<ShimClient> sleeping =
        ShimClient.ofSleeping(loop, new Events(), shimPid, socket, sandboxId);
    if (sleeping.isPresent()) {
      adopted.add(sleeping.get());
      return Optional.of(sleeping.get());
    }
    UnixSocket connected;
    try {
      connected = connect(socket, CONNECT_PATIENCE);
    } catch (ErrnoException e) {
      if (ShimStarter.isNobodyThere(e)) {
        return Optional.empty();
      }
      throw new CriException(
          ErrorKind.UNAVAILABLE, "the shim of sandbox " + sandboxId + ": " + e.getMessage(), e);
    }
    ShimClient shim = ShimClient.of(loop, new Events(), connected, socket, sandboxId);
    try {
      if (shimPid != 0 && shim.shimPid() != shimPid) {
        LOG.warn("sandbox {}: {} answers instead of the recorded pid {}", sandboxId, shim, shimPid);
      }
      adopted.add(shim);
      verify(shim);
      return Optional.of(shim);
    } catch (IOException | RuntimeException | Error e) {
      adopted.remove(shim);
      shim.close();
      throw e;
    }
  }

  @Override
  public void kill(String sandboxId, Path socket, int shimPid) throws IOException {
    LeftShim.kill(socket, shimPid == 0 ? processesOfShims() : List.of(shimPid));
  }

  @Override
  public boolean release(PodShim shim) throws IOException {
    if (shim instanceof ShimClient client && recycler.mayRecycle(client) && spares.hasRoom()) {
      Optional<ShimClient> spare = recycler.recycle(client);
      if (spare.isPresent()) {
        adopted.remove(client);
        if (!spares.giveBack(spare.get())) {
          endSpare(spare.get());
        }
        return true;
      }
    }
    return shim.shutdown();
  }

  private List<Integer> processesOfShims() throws IOException {
    Path cgroup = settings.cgroup();
    return cgroup == null
        ? List.of()
        : Files.readAllLines(cgroup.resolve("cgroup.procs")).stream()
            .map(Integer::valueOf)
            .toList();
  }

  /** Checks the shim. One that does not answer now is kept, to be ended with its pod. */
  private static void verify(ShimClient shim) throws IOException {
    try {
      shim.verify();
    } catch (CriException e) {
      if (e.kind() != ErrorKind.DEADLINE_EXCEEDED) {
        throw e;
      }
      LOG.warn("{}; it is taken up all the same", e.getMessage());
    }
  }

  /** Connects, and tries again while the shim has not accepted earlier connections. */
  private static UnixSocket connect(Path socket, Duration patience) throws ErrnoException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return UnixSocket.connect(socket);
      } catch (ErrnoException e) {
        if (!e.is(Errno.EAGAIN) || System.nanoTime() - deadline > 0 || !ShimStarter.pause()) {
          throw e;
        }
      }
    }
  }

  /** Ends spares of a daemon that was killed. They may be of another release. */
  private void endLeftovers(List<Path> files) {
    for (Path file : files) {
      try {
        Path socket = ShimStarter.socketOf(file);
        endLeftover(socket);
        // A shim that was starting when its daemon was killed has a log, and would listen later.
        LeftShim.kill(socket, processesOfShims());
        delete(socket);
        delete(file);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} of an earlier daemon cannot be ended: {}", file, e.getMessage());
      }
    }
  }

  /** Ends what rehearsals have launched whose shims or daemon were killed. */
  private static void endRehearsals(List<Cgroup> rehearsals) {
    for (Cgroup each : rehearsals) {
      try {
        ShimRehearsal.end(each);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} of a rehearsal cannot be ended: {}", each, e.getMessage());
      }
    }
  }

  /** Deletes a file, or the directory of a rehearsal. */
  private void delete(Path left) throws IOException {
    try (Fd directory = HostFile.openDirectory(settings.directory())) {
      TreeRemoval.remove(directory, String.valueOf(left.getFileName()).getBytes(UTF_8));
    }
  }

  private void endLeftover(Path socket) throws IOException {
    UnixSocket connected;
    try {
      connected = connect(socket, CONNECT_PATIENCE);
    } catch (ErrnoException e) {
      if (ShimStarter.isNobodyThere(e)) {
        return;
      }
      throw e;
    }
    ShimClient left = ShimClient.of(loop, new Events(), connected, socket, null);
    try {
      if (left.sandbox().equals(ShimRehearsal.SANDBOX)) {
        ShimRehearsal.abandon(left);
      } else {
        left.verify();
      }
      left.shutdown();
      LOG.info("ended {} of an earlier daemon", left);
    } finally {
      left.close();
    }
  }

  private static void endSpare(ShimClient spare) throws IOException {
    Path socket = spare.socketPath();
    try {
      spare.shutdown();
    } finally {
      spare.close();
      ShimStarter.deleteFiles(socket);
    }
  }

  /** Ends the spares and closes the connections. The shims of pods go on. */
  @Override
  public void close() throws IOException {
    if (closed.getAndSet(true)) {
      return;
    }
    IOException failure = null;
    for (ShimClient spare : spares.close()) {
      try {
        endSpare(spare);
      } catch (IOException e) {
        failure = e;
      }
    }
    adopted.forEach(ShimClient::close);
    loop.close();
    if (failure != null) {
      throw failure;
    }
  }
}
