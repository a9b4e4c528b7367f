package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.LogLeftOut;
import io.jukung.shim.v1.ProcessList;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.StartContainer;
import io.jukung.shim.v1.StartExec;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's end of one shim, which is a spare or a pod's. Every wait is bounded: calls fail with
 * DEADLINE_EXCEEDED if the shim does not answer, and with UNAVAILABLE if it is gone.
 */
public final class ShimClient implements PodShim, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShimClient.class);

  /** A launch mounts volumes. One that hangs must not block its call for ever. */
  private static final Duration LAUNCH_PATIENCE = Duration.ofSeconds(60);

  /**
   * A shim answers other requests while it launches. One that has not answered for so long is asked
   * for a sign of life, so that a start by a shim that hangs ends after about 10 s.
   */
  private static final Duration LAUNCH_SILENCE = Duration.ofSeconds(8);

  /** Requests that touch a log take as long as the disk of the log takes. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * Requests that touch no disk take microseconds, and longer only where the machine is busy or the
   * shim waits for a log. Callers go on without the shim then.
   */
  private static final Duration SHORT_PATIENCE = Duration.ofSeconds(2);

  private static final Duration DEATH_DELAY = Duration.ofMillis(500);
  private static final int RECONNECTS = 3;

  /** The pause before a shim that hangs is connected to again. */
  private static final Duration RECONNECT_PAUSE = Duration.ofSeconds(1);

  private final DescriptorLoop loop;
  private final ShimOwner owner;
  private final ShimProcess process;
  private final ExitWatch exits;
  private final ReentrantLock connecting = new ReentrantLock();
  private final ExecExits execs = new ExecExits();
  // The containers whose exits were reported, so that a new connection does not repeat them.
  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private final OrderedEvents events = new OrderedEvents(this);
  // Null while the shim, which was found asleep, has not been needed.
  private volatile @Nullable ShimConnection connection;
  private volatile Path socketPath;
  private volatile @Nullable String sandboxId;
  private volatile boolean ending;

  private ShimClient(
      DescriptorLoop loop,
      ShimOwner owner,
      int pid,
      @Nullable UnixSocket socket,
      Path socketPath,
      @Nullable String sandboxId)
      throws ErrnoException {
    this.loop = loop;
    this.owner = owner;
    this.socketPath = socketPath;
    this.sandboxId = sandboxId;
    this.process = new ShimProcess(loop, pid, new End());
    this.exits = new ExitWatch(loop, () -> OrderedEvents.runAside(this::catchUp));
    this.connection = socket == null ? null : new ShimConnection(loop, socket, this, new Inbox());
  }

  /**
   * Takes over a connected socket.
   *
   * @param socketPath the path that the shim listens at
   * @param sandboxId the pod whose shim it should be; null: it should be a spare
   */
  static ShimClient of(
      DescriptorLoop loop,
      ShimOwner owner,
      UnixSocket socket,
      Path socketPath,
      @Nullable String sandboxId)
      throws ErrnoException {
    ShimClient client;
    try {
      client = new ShimClient(loop, owner, socket.peer().pid(), socket, socketPath, sandboxId);
    } catch (ErrnoException e) {
      socket.close();
      throw e;
    }
    try {
      client.start();
      return client;
    } catch (ErrnoException e) {
      client.close();
      throw e;
    }
  }

  /**
   * Makes a client of a shim that sleeps, to which it connects when the shim is needed.
   *
   * @return empty if the process is not that shim, or does not sleep
   */
  static Optional<ShimClient> ofSleeping(
      DescriptorLoop loop, ShimOwner owner, int pid, Path socketPath, String sandboxId)
      throws IOException {
    if (!LeftShim.isAsleep(socketPath, pid)) {
      return Optional.empty();
    }
    ShimClient client = new ShimClient(loop, owner, pid, null, socketPath, sandboxId);
    try {
      client.start();
      // Once more: now the pid cannot stand for another process.
      if (LeftShim.isAsleep(socketPath, pid)) {
        return Optional.of(client);
      }
    } catch (IOException | RuntimeException | Error e) {
      client.close();
      throw e;
    }
    client.close();
    return Optional.empty();
  }

  private void start() throws ErrnoException {
    ShimConnection first = connection;
    if (first != null) {
      first.start();
    }
    process.watch();
  }

  /** Receives what the shim sends unasked. */
  private final class Inbox implements ShimConnection.Events {
    @Override
    public void event(FromShim message) {
      switch (message.getMessageCase()) {
        case CONTAINER_EXITED -> exited(message.getContainerExited());
        case EXEC_EXITED ->
            execs.ended(message.getExecExited().getExecId(), message.getExecExited().getExitCode());
        case LOG_LEFT_OUT -> leftOut(message.getLogLeftOut());
        default -> LOG.warn("{} sent an unexpected {}", ShimClient.this, message.getMessageCase());
      }
    }

    @Override
    public void ring() {
      Bell.ring(socketPath);
    }

    @Override
    public void slept() {
      owner.sleepCounts().slept();
    }

    @Override
    public void woke() {
      owner.sleepCounts().woke();
    }

    @Override
    public void disconnected(ShimConnection over) {
      if (over != connection) {
        return; // of an attempt to connect again, which fails by itself
      }
      execs.lost(ShimClient.this);
      if (!process.hasEnded() && !ending) {
        OrderedEvents.runAside(ShimClient.this::reconnect);
      }
    }
  }

  /** Acts on the end of the shim's process. */
  private final class End implements ShimProcess.Owner {
    @Override
    public void processEnding(Memory chunk) {
      exits.close();
      ShimConnection last = connection;
      if (last != null) {
        last.receiveRest(chunk);
      }
    }

    @Override
    public void processEnded() {
      boolean expected = ending;
      events.add(() -> owner.shimEnded(ShimClient.this, sandboxId, expected));
    }

    @Override
    public String toString() {
      return ShimClient.this.toString();
    }
  }

  private void leftOut(LogLeftOut report) {
    String sandbox = sandboxId;
    if (sandbox != null) {
      events.add(() -> owner.logLeftOut(sandbox, report.getContainerId(), report.getBytes()));
    }
  }

  private void exited(ContainerExited exit) {
    String sandbox = sandboxId;
    if (sandbox != null && told.add(exit.getContainerId())) {
      events.add(() -> owner.containerExited(sandbox, exit));
    }
  }

  /**
   * Connects again to a shim that lives and has closed the connection, to miss no exit. A shim that
   * hangs is tried for as long as it lives. One that refuses connections is of no use, and is
   * killed.
   */
  private void reconnect() {
    // A process that ends closes its sockets first. Its end is seen a moment later.
    if (process.awaitEnd(DEATH_DELAY)) {
      return;
    }
    LOG.warn("{} closed its connection, connecting again", this);
    int refusals = 0;
    while (refusals < RECONNECTS) {
      try {
        if (connectAgain()) {
          return;
        }
        refusals++;
      } catch (IOException | RuntimeException e) {
        LOG.warn("{}: {}", this, e.getMessage());
        if (!isHang(e)) {
          refusals++;
        } else if (process.awaitEnd(RECONNECT_PAUSE)) {
          return;
        }
      }
    }
    LOG.error("{} cannot be reached and is ended", this);
    process.sendKill();
  }

  private static boolean isHang(Exception e) {
    return switch (e) {
      case CriException call -> call.kind() == ErrorKind.DEADLINE_EXCEEDED;
      case ErrnoException connect -> connect.is(Errno.EAGAIN);
      default -> false;
    };
  }

  @Override
  public boolean isConnected() {
    return connection != null;
  }

  @Override
  public boolean isAsleep() {
    ShimConnection present = connection;
    return present == null || present.isAsleep();
  }

  @Override
  public void watch(List<Integer> pids) throws IOException {
    for (int each : pids) {
      exits.add(each);
    }
  }

  /** Connects to a shim that was found asleep and has woken, to learn why. */
  private void catchUp() {
    while (!isConnected() && isAlive()) {
      try {
        connection(PATIENCE);
      } catch (IOException | RuntimeException e) {
        LOG.warn("{}: {}", this, e.getMessage());
        if (process.awaitEnd(RECONNECT_PAUSE)) {
          return;
        }
      }
    }
  }

  /**
   * Returns the connection. Connects to a shim that was found asleep, and so wakes it.
   *
   * @param patience how long to wait for that shim
   */
  private ShimConnection connection(Duration patience) throws IOException {
    ShimConnection present = connection;
    return present == null ? connectFirst(patience) : present;
  }

  private ShimConnection connectFirst(Duration patience) throws IOException {
    connecting.lock();
    try (Wakes.Turn _ = Wakes.begin()) {
      ShimConnection present = connection;
      if (present != null) {
        return present;
      }
      ShimConnection fresh = connectAfresh(patience);
      connection = fresh;
      owner.sleepCounts().woke();
      exits.close();
      if (!fresh.isOpen()) {
        connection = null;
        throw new CriException(ErrorKind.UNAVAILABLE, this + " closed its connection");
      }
      return fresh;
    } catch (ErrnoException e) {
      throw new CriException(ErrorKind.UNAVAILABLE, this + ": " + e.getMessage(), e);
    } finally {
      connecting.unlock();
    }
  }

  /**
   * Replaces the connection by one over which the shim has answered, and catches up on exits.
   *
   * @return whether that connection is still open
   */
  private boolean connectAgain() throws IOException {
    ShimConnection fresh = connectAfresh(SHORT_PATIENCE);
    connection = fresh;
    if (process.hasEnded()) {
      fresh.close(); // this client was closed meanwhile, with the connection it had
      return true;
    }
    // Before it was the connection, nobody would have acted on its end.
    return fresh.isOpen();
  }

  /** Returns a connection over which the shim has answered. */
  private ShimConnection connectAfresh(Duration patience) throws IOException {
    ShimConnection fresh =
        new ShimConnection(loop, UnixSocket.connect(socketPath), this, new Inbox());
    try {
      fresh.start();
      ProcessList processes = processes(fresh, patience);
      verify(processes);
      for (ContainerProcess each : processes.getContainersList()) {
        if (each.hasExit()) {
          exited(each.getExit());
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      fresh.close();
      throw e;
    }
    return fresh;
  }

  /** Makes a spare the shim of a pod. */
  void adopt(String newSandboxId, Path path) throws IOException {
    ShimReplies.done(call(ShimRequests.adopt(newSandboxId, path)));
    socketPath = path;
    sandboxId = newSandboxId;
  }

  /**
   * Makes the shim a spare again, which is another client's to connect to. This client is of no use
   * then.
   *
   * @throws CriException FAILED_PRECONDITION if the shim holds a process, and is still the pod's
   */
  void recycle(Path path) throws IOException {
    ShimReplies.done(callShortly(ShimRequests.recycle(path)));
  }

  /** Asks the shim whose it is; the answer is empty if it is a spare. */
  String sandbox() throws IOException {
    return processes().getSandboxId();
  }

  /** Checks that the shim belongs to the sandbox that this client has it for. */
  void verify() throws IOException {
    verify(processes());
  }

  private void verify(ProcessList processes) throws IOException {
    String actual = processes.getSandboxId();
    String expected = sandboxId == null ? "" : sandboxId;
    if (!actual.equals(expected)) {
      throw new IOException(
          "the shim at "
              + socketPath
              + " is of sandbox \""
              + actual
              + "\", not \""
              + expected
              + "\"");
    }
  }

  /** Whether the shim has slept: its process is not the one that was started as a spare. */
  boolean hasSlept() {
    ShimConnection present = connection;
    return present == null || present.hasSlept();
  }

  Path socketPath() {
    return socketPath;
  }

  @Override
  public int shimPid() {
    return process.pid();
  }

  @Override
  public Started start(StartContainer request) throws IOException {
    told.remove(request.getContainerId());
    owner.used();
    ShimConnection over = connection(PATIENCE);
    try (SentPlan sent = SentPlan.of(request.getPlan())) {
      return ShimReplies.started(
          over.callLong(
              ToShim.newBuilder().setStartContainer(request.toBuilder().setPlan(sent.plan())),
              sent.beside(),
              LAUNCH_PATIENCE,
              LAUNCH_SILENCE,
              () -> processes(over, SHORT_PATIENCE),
              late -> killLate(late, request.getContainerId())));
    }
  }

  @Override
  public Started exec(
      String execId,
      String containerId,
      LaunchPlan plan,
      Fd stdin,
      Fd stdout,
      Fd stderr,
      Duration patience)
      throws IOException {
    execs.expect(execId);
    try (SentPlan sent = SentPlan.of(plan)) {
      StartExec.Builder request =
          StartExec.newBuilder().setExecId(execId).setContainerId(containerId).setPlan(sent.plan());
      return ShimReplies.started(
          connection(patience)
              .call(
                  ToShim.newBuilder().setStartExec(request),
                  sent.beside(stdin, stdout, stderr),
                  patience,
                  ExecExits::killLate));
    } catch (IOException | RuntimeException | Error e) {
      execs.forget(execId);
      throw e;
    }
  }

  /** Kills a container whose start succeeded after its call had timed out. */
  private void killLate(Reply late, String containerId) {
    if (late.hasStarted()) {
      LOG.warn("container {} started after its start was given up: it is killed", containerId);
      OrderedEvents.runAside(
          () -> {
            try {
              signal(containerId, Signals.SIGKILL);
            } catch (IOException | RuntimeException e) {
              LOG.error("container {} cannot be killed: {}", containerId, e.getMessage());
            }
          });
    }
  }

  @Override
  public CompletableFuture<Integer> execExit(String execId) {
    return execs.take(execId);
  }

  @Override
  public void attach(
      String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr)
      throws IOException {
    List<Fd> pipes = Stream.of(stdin, stdout, stderr).filter(Objects::nonNull).toList();
    ShimReplies.done(
        connection(PATIENCE)
            .call(
                ShimRequests.attach(containerId, stdin, stdout, stderr), pipes, PATIENCE, _ -> {}));
  }

  @Override
  public void resize(String containerId, int columns, int rows) throws IOException {
    ShimReplies.done(call(ShimRequests.resize(containerId, columns, rows)));
  }

  @Override
  public void signal(String containerId, int signal) throws IOException {
    ShimReplies.done(callShortly(ShimRequests.signal(containerId, signal)));
  }

  @Override
  public void reopenLog(String containerId) throws IOException {
    ShimReplies.done(call(ShimRequests.reopenLog(containerId)));
  }

  @Override
  public void remove(String containerId) throws IOException {
    ShimReplies.done(callShortly(ShimRequests.remove(containerId)));
    told.remove(containerId);
  }

  @Override
  public List<ContainerProcess> list() throws IOException {
    return processes().getContainersList();
  }

  private ProcessList processes() throws IOException {
    ShimConnection over = connection(PATIENCE);
    return processes(over, shortly(over));
  }

  private static ProcessList processes(ShimConnection over, Duration patience) throws IOException {
    return ShimReplies.processes(over.call(ShimRequests.list(), List.of(), patience, _ -> {}));
  }

  /**
   * Ends the shim and waits until it is gone.
   *
   * @throws CriException FAILED_PRECONDITION if the shim holds a running container
   */
  @Override
  public boolean shutdown() throws IOException {
    ending = true;
    try {
      ShimReplies.done(callShortly(ShimRequests.shutdown()));
      if (process.awaitEnd()) {
        return true;
      }
    } catch (IOException | CriException e) {
      if (e instanceof CriException refusal && refusal.kind() == ErrorKind.FAILED_PRECONDITION) {
        ending = false;
        throw e;
      }
      // The shim is gone already, or it hangs and the signal below ends it.
      LOG.debug("{}: {}", this, e.getMessage());
    }
    return kill();
  }

  @Override
  public boolean kill() {
    ending = true;
    return process.kill();
  }

  /** Kills a shim that is of no use, and waits until it is gone. */
  void destroy() {
    ending = true;
    process.sendKill();
    process.awaitEnd();
  }

  private Reply call(ToShim.Builder request) throws IOException {
    return connection(PATIENCE).call(request, List.of(), PATIENCE, _ -> {});
  }

  private Reply callShortly(ToShim.Builder request) throws IOException {
    ShimConnection over = connection(PATIENCE);
    return over.call(request, List.of(), shortly(over), _ -> {});
  }

  /** A shim that sleeps starts a JVM first, which takes seconds where many do so at once. */
  private static Duration shortly(ShimConnection over) {
    return over.isAsleep() ? PATIENCE : SHORT_PATIENCE;
  }

  @Override
  public boolean isAlive() {
    return !process.hasEnded();
  }

  /** Closes the connection. The shim goes on, for the next daemon. */
  @Override
  public void close() {
    ending = true;
    ShimConnection last = connection;
    if (last != null) {
      last.close();
    }
    exits.close();
    execs.lost(this);
    process.unwatch();
  }

  @Override
  public String toString() {
    String sandbox = sandboxId;
    return sandbox == null
        ? "spare shim (pid " + process.pid() + ")"
        : "shim of sandbox " + sandbox + " (pid " + process.pid() + ")";
  }
}
