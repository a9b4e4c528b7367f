package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.Adopt;
import io.jukung.shim.v1.AttachContainer;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.ProcessList;
import io.jukung.shim.v1.RemoveContainer;
import io.jukung.shim.v1.ReopenLog;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ResizeTerminal;
import io.jukung.shim.v1.Shutdown;
import io.jukung.shim.v1.SignalContainer;
import io.jukung.shim.v1.StartContainer;
import io.jukung.shim.v1.StartExec;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
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

  /** Every other request takes microseconds, or as long as the disk of a log takes. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration END_PATIENCE = Duration.ofSeconds(2);
  private static final Duration DEATH_DELAY = Duration.ofMillis(500);
  private static final int RECONNECTS = 3;

  /** Receives the ends of containers and of the shim, in order, never on the loop's thread. */
  interface Owner {
    void containerExited(String sandboxId, ContainerExited exit);

    /**
     * The shim has ended.
     *
     * @param sandboxId the pod's; null: the shim was a spare
     * @param expected whether the shim was asked to end
     */
    void shimEnded(ShimClient shim, @Nullable String sandboxId, boolean expected);
  }

  private final DescriptorLoop loop;
  private final Owner owner;
  private final Pidfd process;
  private final int pid;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final ConcurrentMap<String, CompletableFuture<Integer>> execs = new ConcurrentHashMap<>();
  // The containers whose exits were reported, so that a new connection does not repeat them.
  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private final Executor eventThreads = event -> Thread.ofVirtual().name("shim event").start(event);
  private CompletableFuture<Void> lastEvent = CompletableFuture.completedFuture(null);
  private long processToken;
  private volatile ShimConnection connection;
  private volatile Path socketPath;
  private volatile @Nullable String sandboxId;
  private volatile boolean ending;

  private ShimClient(
      DescriptorLoop loop,
      Owner owner,
      UnixSocket socket,
      Path socketPath,
      @Nullable String sandboxId)
      throws ErrnoException {
    this.loop = loop;
    this.owner = owner;
    this.socketPath = socketPath;
    this.sandboxId = sandboxId;
    this.pid = socket.peer().pid();
    this.process = Pidfd.open(pid);
    this.connection = new ShimConnection(loop, socket, toString(), new Inbox());
  }

  /**
   * Takes over a connected socket.
   *
   * @param socketPath the path that the shim listens at
   * @param sandboxId the pod whose shim it should be; null: it should be a spare
   */
  static ShimClient of(
      DescriptorLoop loop,
      Owner owner,
      UnixSocket socket,
      Path socketPath,
      @Nullable String sandboxId)
      throws ErrnoException {
    ShimClient client;
    try {
      client = new ShimClient(loop, owner, socket, socketPath, sandboxId);
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

  private synchronized void start() throws ErrnoException {
    connection.start();
    processToken = loop.add(process.fd(), new End());
  }

  /** Receives what the shim sends unasked. */
  private final class Inbox implements ShimConnection.Events {
    @Override
    public void event(FromShim message) {
      switch (message.getMessageCase()) {
        case CONTAINER_EXITED -> exited(message.getContainerExited());
        case EXEC_EXITED -> {
          String id = message.getExecExited().getExecId();
          CompletableFuture<Integer> exit = execs.get(id);
          if (exit != null) {
            exit.complete(message.getExecExited().getExitCode());
          }
        }
        default -> LOG.warn("{} sent an unexpected {}", ShimClient.this, message.getMessageCase());
      }
    }

    @Override
    public void disconnected(ShimConnection over) {
      if (over != connection) {
        return; // of an attempt to connect again, which fails by itself
      }
      failExecs();
      if (!ended.isDone() && !ending) {
        eventThreads.execute(ShimClient.this::reconnect);
      }
    }
  }

  /** Waits for the end of the shim's process. */
  private final class End implements DescriptorLoop.Watched {
    @Override
    public void ready(int events, Memory chunk) {
      connection.receiveRest(chunk);
      synchronized (ShimClient.this) {
        if (ended.isDone()) {
          return;
        }
        reap();
        closeProcess();
        ended.complete(null); // last: callers that wait for the end may look for the process
      }
      boolean expected = ending;
      later(() -> owner.shimEnded(ShimClient.this, sandboxId, expected));
    }

    /** Reaps the process, if this daemon is its parent: an earlier daemon may have started it. */
    private void reap() {
      try {
        process.reap();
      } catch (ErrnoException e) {
        if (!e.is(Errno.ECHILD)) {
          LOG.warn("{}: {}", ShimClient.this, e.getMessage());
        }
      }
    }

    @Override
    public String toString() {
      return "process of " + ShimClient.this;
    }
  }

  private void closeProcess() {
    loop.remove(processToken, process.fd());
    process.close();
  }

  private void exited(ContainerExited exit) {
    String sandbox = sandboxId;
    if (sandbox != null && told.add(exit.getContainerId())) {
      later(() -> owner.containerExited(sandbox, exit));
    }
  }

  /**
   * Runs after all earlier events, and not on the loop's thread, because it may wait for a disk.
   */
  private synchronized void later(Runnable event) {
    lastEvent =
        lastEvent
            .thenRunAsync(event, eventThreads)
            .exceptionally(
                e -> {
                  LOG.error("an event of {} cannot be applied", this, e);
                  return null;
                });
  }

  private void failExecs() {
    CriException gone =
        new CriException(
            ErrorKind.UNAVAILABLE,
            "the exit was not seen, because the connection to " + this + " ended");
    for (CompletableFuture<Integer> exit : execs.values()) {
      exit.completeExceptionally(gone);
    }
  }

  /** Connects again to a shim that lives and has closed the connection, to miss no exit. */
  private void reconnect() {
    // A process that ends closes its sockets first. Its end is seen a moment later.
    if (awaitEnd(DEATH_DELAY)) {
      return;
    }
    LOG.warn("{} closed its connection, connecting again", this);
    for (int attempt = 1; attempt <= RECONNECTS; attempt++) {
      try {
        if (connectAgain()) {
          return;
        }
      } catch (IOException | RuntimeException e) {
        LOG.warn("{}, attempt {}: {}", this, attempt, e.getMessage());
      }
    }
    LOG.error("{} cannot be reached and is ended", this);
    kill();
  }

  /**
   * Replaces the connection by one over which the shim has answered, and catches up on exits.
   *
   * @return whether that connection is still open
   */
  private boolean connectAgain() throws IOException {
    ShimConnection fresh =
        new ShimConnection(loop, UnixSocket.connect(socketPath), toString(), new Inbox());
    try {
      fresh.start();
      for (ContainerProcess each : processes(fresh).getContainersList()) {
        if (each.hasExit()) {
          exited(each.getExit());
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      fresh.close();
      throw e;
    }
    connection = fresh;
    if (ended.isDone()) {
      fresh.close(); // this client was closed meanwhile, with the connection it had
      return true;
    }
    // Before it was the connection, nobody would have acted on its end.
    return fresh.isOpen();
  }

  /** Makes a spare the shim of a pod. */
  void adopt(String newSandboxId, Path path) throws IOException {
    Adopt.Builder request =
        Adopt.newBuilder().setSandboxId(newSandboxId).setSocketPath(path.toString());
    done(call(ToShim.newBuilder().setAdopt(request)));
    socketPath = path;
    sandboxId = newSandboxId;
  }

  /** Checks that the shim belongs to the sandbox that this client has it for. */
  void verify() throws IOException {
    String actual = processes().getSandboxId();
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

  Path socketPath() {
    return socketPath;
  }

  @Override
  public int shimPid() {
    return pid;
  }

  @Override
  public Started start(StartContainer request) throws IOException {
    told.remove(request.getContainerId());
    return started(
        launch(
            ToShim.newBuilder().setStartContainer(request),
            List.of(),
            late -> killLate(late, request.getContainerId())));
  }

  @Override
  public Started exec(
      String execId, String containerId, LaunchPlan plan, Fd stdin, Fd stdout, Fd stderr)
      throws IOException {
    StartExec.Builder request =
        StartExec.newBuilder().setExecId(execId).setContainerId(containerId).setPlan(plan);
    execs.put(execId, new CompletableFuture<>());
    try {
      return started(
          launch(
              ToShim.newBuilder().setStartExec(request),
              List.of(stdin, stdout, stderr),
              this::killLate));
    } catch (IOException | RuntimeException | Error e) {
      execs.remove(execId);
      throw e;
    }
  }

  private Reply launch(ToShim.Builder request, List<Fd> descriptors, Consumer<Reply> late)
      throws IOException {
    return connection.call(request, descriptors, LAUNCH_PATIENCE, late);
  }

  private Started started(Reply reply) throws IOException {
    if (reply.hasFailure()) {
      Failure failure = reply.getFailure();
      throw failure.getKind() == Failure.Kind.INTERNAL
          ? new LaunchRefused(failure)
          : refused(failure);
    }
    return new Started(reply.getStarted().getPid(), reply.getStarted().getStartedAt());
  }

  /** Kills a container whose start succeeded after its call had timed out. */
  private void killLate(Reply late, String containerId) {
    if (late.hasStarted()) {
      LOG.warn("container {} started after its start was given up: it is killed", containerId);
      eventThreads.execute(
          () -> {
            try {
              signal(containerId, Signals.SIGKILL);
            } catch (IOException | RuntimeException e) {
              LOG.error("container {} cannot be killed: {}", containerId, e.getMessage());
            }
          });
    }
  }

  private void killLate(Reply late) {
    if (!late.hasStarted()) {
      return;
    }
    LOG.warn("an exec started after it was given up: it is killed");
    try (Pidfd exec = Pidfd.open(late.getStarted().getPid())) {
      exec.send(Signals.SIGKILL);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        LOG.error("an exec cannot be killed: {}", e.getMessage());
      }
    }
  }

  @Override
  public CompletableFuture<Integer> execExit(String execId) {
    CompletableFuture<Integer> exit = execs.get(execId);
    if (exit == null) {
      return CompletableFuture.failedFuture(
          CriException.notFound("exec " + execId + " is not known, or its exit was taken"));
    }
    return exit.whenComplete((_, _) -> execs.remove(execId));
  }

  @Override
  public void attach(
      String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr)
      throws IOException {
    AttachContainer.Builder request =
        AttachContainer.newBuilder()
            .setContainerId(containerId)
            .setStdin(stdin != null)
            .setStdout(stdout != null)
            .setStderr(stderr != null);
    List<Fd> pipes = Stream.of(stdin, stdout, stderr).filter(Objects::nonNull).toList();
    done(
        connection.call(ToShim.newBuilder().setAttachContainer(request), pipes, PATIENCE, _ -> {}));
  }

  @Override
  public void resize(String containerId, int columns, int rows) throws IOException {
    done(
        call(
            ToShim.newBuilder()
                .setResizeTerminal(
                    ResizeTerminal.newBuilder()
                        .setContainerId(containerId)
                        .setColumns(columns)
                        .setRows(rows))));
  }

  @Override
  public void signal(String containerId, int signal) throws IOException {
    done(
        call(
            ToShim.newBuilder()
                .setSignalContainer(
                    SignalContainer.newBuilder().setContainerId(containerId).setSignal(signal))));
  }

  @Override
  public void reopenLog(String containerId) throws IOException {
    done(
        call(ToShim.newBuilder().setReopenLog(ReopenLog.newBuilder().setContainerId(containerId))));
  }

  @Override
  public void remove(String containerId) throws IOException {
    done(
        call(
            ToShim.newBuilder()
                .setRemoveContainer(RemoveContainer.newBuilder().setContainerId(containerId))));
    told.remove(containerId);
  }

  @Override
  public List<ContainerProcess> list() throws IOException {
    return processes().getContainersList();
  }

  private ProcessList processes() throws IOException {
    return processes(connection);
  }

  private static ProcessList processes(ShimConnection over) throws IOException {
    Reply reply =
        call(over, ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()));
    if (reply.hasFailure()) {
      throw refused(reply.getFailure());
    }
    return reply.getProcesses();
  }

  /**
   * Ends the shim and waits until it is gone.
   *
   * @throws CriException FAILED_PRECONDITION if the shim holds a running container
   * @throws IOException if the shim does not end when it is killed
   */
  @Override
  public void shutdown() throws IOException {
    ending = true;
    try {
      done(call(ToShim.newBuilder().setShutdown(Shutdown.getDefaultInstance())));
    } catch (IOException | CriException e) {
      if (e instanceof CriException refusal && refusal.kind() == ErrorKind.FAILED_PRECONDITION) {
        ending = false;
        throw e;
      }
      // The shim is gone already, or it is stuck and the signal below ends it.
      LOG.debug("{}: {}", this, e.getMessage());
    }
    if (!awaitEnd(END_PATIENCE)) {
      LOG.warn("{} does not end and is killed", this);
      kill();
      if (!awaitEnd(END_PATIENCE)) {
        throw new IOException(this + " was killed and does not end");
      }
    }
  }

  /**
   * Waits for the end of the shim.
   *
   * @return whether the shim has ended or this client is closed
   */
  private boolean awaitEnd(Duration patience) {
    try {
      ended.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Kills a shim that is of no use, and waits until it is gone. */
  void destroy() {
    ending = true;
    kill();
    awaitEnd(END_PATIENCE);
  }

  private synchronized void kill() {
    if (ended.isDone()) {
      return;
    }
    try {
      process.send(Signals.SIGKILL);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        LOG.error("{} cannot be killed: {}", this, e.getMessage());
      }
    }
  }

  private Reply call(ToShim.Builder request) throws IOException {
    return call(connection, request);
  }

  private static Reply call(ShimConnection over, ToShim.Builder request) throws IOException {
    return over.call(request, List.of(), PATIENCE, _ -> {});
  }

  private static void done(Reply reply) throws IOException {
    if (reply.hasFailure()) {
      throw refused(reply.getFailure());
    }
  }

  private static IOException refused(Failure failure) {
    return switch (failure.getKind()) {
      case NOT_FOUND -> throw CriException.notFound(failure.getMessage());
      case FAILED_PRECONDITION -> throw CriException.failedPrecondition(failure.getMessage());
      case INTERNAL, UNRECOGNIZED -> new IOException(failure.getMessage());
    };
  }

  @Override
  public boolean isAlive() {
    return !ended.isDone();
  }

  /** Closes the connection. The shim goes on, for the next daemon. */
  @Override
  public void close() {
    ending = true;
    connection.close();
    failExecs();
    synchronized (this) {
      if (!ended.isDone()) {
        closeProcess();
        ended.complete(null);
      }
    }
  }

  @Override
  public String toString() {
    String sandbox = sandboxId;
    return sandbox == null
        ? "spare shim (pid " + pid + ")"
        : "shim of sandbox " + sandbox + " (pid " + pid + ")";
  }
}
