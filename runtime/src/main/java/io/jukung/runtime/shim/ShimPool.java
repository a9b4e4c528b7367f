package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.ContainerExited;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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

  /** From start to listening: 50 ms on an idle machine, far more on one that starts 100 pods. */
  private static final Duration START_PATIENCE = Duration.ofSeconds(30);

  private static final long START_POLL_MILLIS = 2;

  /**
   * The start of a new spare waits until the pod that took the last one has most likely started.
   * Later pods do not prolong the wait: a steady stream of pods would never see a spare.
   */
  private static final Duration REFILL_DELAY = Duration.ofMillis(100);

  /** The wait after a failure, which will most likely repeat. */
  private static final Duration RETRY_DELAY = Duration.ofSeconds(10);

  /** A spare may have died unseen. Several dead spares in a row have another cause. */
  private static final int ADOPT_ATTEMPTS = 3;

  private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(2);
  private static final int LOG_EXCERPT = 500;
  private static final String SOCKET_SUFFIX = ".sock";
  private static final String LOG_SUFFIX = ".log";

  /**
   * How shims are started.
   *
   * @param command the program with its arguments, see {@code io.jukung.shim.Main}
   * @param directory for the sockets and logs of spares; it exists, accessible to root only
   * @param spares how many to keep ready
   * @param cgroup a cgroup v2 directory for the shims themselves; null: the daemon's
   */
  public record Settings(List<String> command, Path directory, int spares, @Nullable Path cgroup) {
    public Settings {
      command = List.copyOf(command);
    }
  }

  private final Settings settings;
  private final ShimLauncher launcher;
  private final PodShim.Listener listener;
  private final DescriptorLoop loop;
  private final Set<ShimClient> adopted = ConcurrentHashMap.newKeySet();
  private final String namePrefix = Long.toHexString(System.currentTimeMillis());
  private final AtomicLong lastName = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<ShimClient> spares = new ArrayDeque<>();
  private final Thread keeper = Thread.ofVirtual().name("spare shims").unstarted(this::keepSpares);
  private long nextStart = System.nanoTime();
  private boolean closed;

  private ShimPool(Settings settings, PodShim.Listener listener, DescriptorLoop loop) {
    this.settings = settings;
    this.launcher = new ShimLauncher(settings.command(), settings.directory(), settings.cgroup());
    this.listener = listener;
    this.loop = loop;
  }

  /** Opens a pool, which ends spares of an earlier daemon and starts its own in the background. */
  public static ShimPool open(Settings settings, PodShim.Listener listener) throws IOException {
    List<Path> left = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(settings.directory())) {
      files.forEach(left::add);
    }
    ShimPool pool = new ShimPool(settings, listener, DescriptorLoop.start("shims"));
    Thread.ofVirtual().name("leftover shims").start(() -> pool.endLeftovers(left));
    pool.keeper.start();
    return pool;
  }

  /** Receives what the clients report. */
  private final class Events implements ShimClient.Owner {
    @Override
    public void containerExited(String sandboxId, ContainerExited exit) {
      listener.containerExited(sandboxId, exit);
    }

    @Override
    public void shimEnded(ShimClient shim, @Nullable String sandboxId, boolean expected) {
      adopted.remove(shim);
      if (expected) {
        return;
      }
      if (sandboxId != null) {
        listener.shimDied(sandboxId);
        return;
      }
      LOG.warn("{} died", shim);
      deleteFiles(shim.socketPath());
      lock.lock();
      try {
        spares.remove(shim);
        delayStart(RETRY_DELAY);
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public ShimClient adopt(String sandboxId, Path socket) throws IOException {
    for (int attempt = 1; ; attempt++) {
      ShimClient spare = takeSpare();
      ShimClient shim = spare == null ? spawn() : spare;
      Path before = shim.socketPath();
      try {
        adopted.add(shim); // before the shim can die as the pod's, which removes it
        shim.adopt(sandboxId, socket);
        moveLog(before, socket);
        return shim;
      } catch (IOException | RuntimeException | Error e) {
        adopted.remove(shim);
        shim.destroy();
        deleteFiles(before);
        if (spare == null || attempt == ADOPT_ATTEMPTS) {
          throw e;
        }
        LOG.warn("sandbox {} cannot adopt a spare shim: {}", sandboxId, e.getMessage());
      }
    }
  }

  private @Nullable ShimClient takeSpare() {
    lock.lock();
    try {
      ShimClient spare = spares.poll();
      while (spare != null && !spare.isAlive()) {
        spare = spares.poll();
      }
      if (nextStart <= System.nanoTime()) {
        delayStart(REFILL_DELAY);
      }
      return spare;
    } finally {
      lock.unlock();
    }
  }

  private void delayStart(Duration delay) {
    nextStart = System.nanoTime() + delay.toNanos();
    changed.signalAll();
  }

  /** Moves the shim's log to the other files of its pod. */
  private static void moveLog(Path spareSocket, Path socket) {
    try {
      Files.move(logOf(spareSocket), logOf(socket));
    } catch (IOException e) {
      LOG.warn("the log of a shim cannot be moved to its pod: {}", e.toString());
    }
  }

  private static Path logOf(Path socket) {
    String name = String.valueOf(socket.getFileName());
    String stem =
        name.endsWith(SOCKET_SUFFIX)
            ? name.substring(0, name.length() - SOCKET_SUFFIX.length())
            : name;
    return socket.resolveSibling(stem + LOG_SUFFIX);
  }

  @Override
  public Optional<PodShim> reconnect(String sandboxId, Path socket, int shimPid)
      throws IOException {
    UnixSocket connected;
    try {
      connected = connect(socket, CONNECT_PATIENCE);
    } catch (ErrnoException e) {
      if (isNobodyThere(e)) {
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

  private static boolean isNobodyThere(ErrnoException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ECONNREFUSED) || e.is(Errno.ENOTDIR);
  }

  /** Connects, and tries again while the shim has not accepted earlier connections. */
  private static UnixSocket connect(Path socket, Duration patience) throws ErrnoException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return UnixSocket.connect(socket);
      } catch (ErrnoException e) {
        if (!e.is(Errno.EAGAIN) || System.nanoTime() - deadline > 0 || !pause()) {
          throw e;
        }
      }
    }
  }

  /**
   * Waits for a moment.
   *
   * @return false if the thread is interrupted
   */
  private static boolean pause() {
    try {
      Thread.sleep(START_POLL_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Starts a shim and waits until it listens. */
  private ShimClient spawn() throws IOException {
    String name = namePrefix + "-" + lastName.incrementAndGet();
    Path socket = settings.directory().resolve(name + SOCKET_SUFFIX);
    Path log = logOf(socket);
    try (Pidfd process = launcher.launch(socket, log)) {
      try {
        UnixSocket connected = awaitListening(process, socket, log);
        return ShimClient.of(loop, new Events(), connected, socket, null);
      } catch (IOException | RuntimeException e) {
        end(process);
        deleteFiles(socket);
        throw e;
      }
    }
  }

  private static UnixSocket awaitListening(Pidfd process, Path socket, Path log)
      throws IOException {
    long deadline = System.nanoTime() + START_PATIENCE.toNanos();
    while (true) {
      try {
        return UnixSocket.connect(socket);
      } catch (ErrnoException e) {
        if (!isNobodyThere(e)) {
          throw e;
        }
      }
      if (!process.isRunning()) {
        throw new IOException("the shim ended at its start: " + excerpt(log));
      }
      if (System.nanoTime() - deadline > 0) {
        throw new CriException(
            ErrorKind.DEADLINE_EXCEEDED,
            "a shim did not listen within " + START_PATIENCE.toSeconds() + " s: " + excerpt(log));
      }
      if (!pause()) {
        throw new CriException(ErrorKind.CANCELLED, "the start of a shim was cancelled");
      }
    }
  }

  private static String excerpt(Path log) {
    try {
      String text = Files.readString(log).strip();
      return text.isEmpty()
          ? "its log is empty"
          : text.substring(0, Math.min(text.length(), LOG_EXCERPT)).replace('\n', ' ');
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Kills and reaps a shim that this daemon has started. */
  private static void end(Pidfd process) throws IOException {
    if (process.isRunning()) {
      process.send(Signals.SIGKILL);
      Readiness.await(process.fd(), Epoll.IN, CONNECT_PATIENCE.toMillis());
    }
    process.reap();
  }

  private static void deleteFiles(Path socket) {
    for (Path file : List.of(socket, logOf(socket))) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        LOG.warn("a file of a shim cannot be deleted: {}", e.toString());
      }
    }
  }

  private void keepSpares() {
    while (awaitNeed()) {
      try {
        keep(spawn());
      } catch (IOException | RuntimeException | Error e) { // an Error must not end this thread
        if (Thread.currentThread().isInterrupted()) {
          return; // the pool closes
        }
        LOG.error(
            "a spare shim cannot be started; the next try is in {} s", RETRY_DELAY.toSeconds(), e);
        lock.lock();
        try {
          delayStart(RETRY_DELAY);
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private void keep(ShimClient spare) {
    lock.lock();
    try {
      spares.add(spare);
      if (!spare.isAlive()) {
        spares.remove(spare); // its end may have been reported before it was a spare
        delayStart(RETRY_DELAY);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a spare is missing and its time has come.
   *
   * @return false if the pool has closed
   */
  private boolean awaitNeed() {
    lock.lock();
    try {
      while (!closed) {
        long wait = nextStart - System.nanoTime();
        if (spares.size() >= settings.spares()) {
          changed.await();
        } else if (wait > 0) {
          changed.awaitNanos(wait);
        } else {
          return true;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    return false;
  }

  /** Ends spares of a daemon that was killed. They may be of another release. */
  private void endLeftovers(List<Path> files) {
    for (Path file : files) {
      try {
        if (file.toString().endsWith(SOCKET_SUFFIX)) {
          endLeftover(file);
        }
        Files.deleteIfExists(file);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} of an earlier daemon cannot be ended: {}", file, e.getMessage());
      }
    }
  }

  private void endLeftover(Path socket) throws IOException {
    UnixSocket connected;
    try {
      connected = connect(socket, CONNECT_PATIENCE);
    } catch (ErrnoException e) {
      if (isNobodyThere(e)) {
        return;
      }
      throw e;
    }
    ShimClient left = ShimClient.of(loop, new Events(), connected, socket, null);
    try {
      left.verify();
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
      deleteFiles(socket);
    }
  }

  /** Ends the spares and closes the connections. The shims of pods go on. */
  @Override
  public void close() throws IOException {
    List<ShimClient> unused;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    awaitKeeper();
    lock.lock();
    try {
      unused = List.copyOf(spares);
      spares.clear();
    } finally {
      lock.unlock();
    }
    IOException failure = null;
    for (ShimClient spare : unused) {
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

  private void awaitKeeper() {
    keeper.interrupt();
    try {
      keeper.join(START_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
