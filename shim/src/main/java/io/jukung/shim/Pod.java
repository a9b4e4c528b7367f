package io.jukung.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.WallClock;
import io.jukung.linux.process.Children;
import io.jukung.linux.process.ExitStatus;
import io.jukung.linux.process.Pidfd;
import io.jukung.shim.v1.Adopt;
import io.jukung.shim.v1.AttachContainer;
import io.jukung.shim.v1.Done;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.ProcessList;
import io.jukung.shim.v1.Recycle;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ResizeTerminal;
import io.jukung.shim.v1.StartContainer;
import io.jukung.shim.v1.StartExec;
import io.jukung.shim.v1.ToShim;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of the shim, and the daemon's requests on it. All methods run on the event loop's
 * thread.
 */
final class Pod extends EventLoop.Clockwork {
  private static final long NANOS_PER_MILLI = 1_000_000L;

  /**
   * The helpers of a runtime end within milliseconds after it, on a busy machine within seconds.
   */
  private static final long RUNTIME_ORPHANS_NANOS = 5_000 * NANOS_PER_MILLI;

  /** How often the shim looks for ended helpers of a runtime. */
  private static final long RUNTIME_REAP_NANOS = 100 * NANOS_PER_MILLI;

  /**
   * How long an ended orphan of a container without a pid namespace of its own may stay a zombie.
   */
  private static final long REAP_INTERVAL_NANOS = 5_000 * NANOS_PER_MILLI;

  /**
   * The most clients that wait for their containers to start. One more, and the oldest is closed.
   */
  private static final int MAX_WAITING = 16;

  private static final ExitStatus UNKNOWN_EXIT = new ExitStatus(0, 255);

  private final EventLoop loop;
  private final WallClock clock = new WallClock();
  private final CriLog.Buffers logBuffers = new CriLog.Buffers(clock);
  private final Map<String, Container> containers = new HashMap<>();
  private final List<Exec> execs = new ArrayList<>();
  private final List<Attachment> waiting = new ArrayList<>(1);
  private final List<AttachedOutput> stalled = new ArrayList<>(1);
  private final Launches launches;
  private String socketPath;
  private String sandboxId = "";
  private @Nullable Connection daemon;
  // What the process had when its first pod adopted it; null before.
  private @Nullable ProcessState fresh;
  private long nextReap;
  private long orphansUntil;
  private boolean awaitsOrphans;
  private boolean over;

  Pod(EventLoop loop, Path socketPath) throws ErrnoException {
    this.loop = loop;
    this.socketPath = socketPath.toString();
    this.launches = Launches.watchedBy(loop, this);
  }

  /** Goes on with the pod of a shim that has slept. */
  static Pod restore(EventLoop loop, SavedPod saved) throws ErrnoException {
    Pod pod = new Pod(loop, Path.of(saved.socketPath()));
    pod.sandboxId = saved.sandboxId();
    for (SavedPod.SavedContainer container : saved.containers()) {
      pod.containers.put(container.id(), Container.restore(pod, container, pod.logBuffers));
    }
    return pod;
  }

  List<SavedPod.SavedContainer> saveContainers() {
    List<SavedPod.SavedContainer> saved = new ArrayList<>(containers.size());
    for (Container container : containers.values()) {
      saved.add(container.save());
    }
    return saved;
  }

  /** Whether a pod has adopted the shim, and nothing is to be done before something happens. */
  boolean isQuiet() {
    if (sandboxId.isEmpty()
        || awaitsOrphans
        || !execs.isEmpty()
        || !waiting.isEmpty()
        || !launches.areOver()) {
      return false;
    }
    for (Container container : containers.values()) {
      if (!container.isQuiet()) {
        return false;
      }
    }
    return true;
  }

  /** Whether orphans of a container may become children of the shim, see {@link #reapOrphans}. */
  boolean expectsOrphans() {
    for (Container container : containers.values()) {
      if (container.leavesOrphans()) {
        return true;
      }
    }
    return false;
  }

  String sandboxId() {
    return sandboxId;
  }

  String socketPath() {
    return socketPath;
  }

  EventLoop loop() {
    return loop;
  }

  WallClock clock() {
    return clock;
  }

  void connected(Connection connection) {
    daemon = connection;
  }

  void disconnected(Connection connection) {
    if (daemon == connection) {
      daemon = null;
    }
  }

  /**
   * Sends an event to the daemon if it is connected. A daemon that connects later asks for all
   * processes.
   */
  void tell(FromShim event) {
    if (daemon != null) {
      daemon.send(event);
    }
  }

  /** Carries out a request. It is answered at once, or when its launch has ended. */
  void serve(Connection from, ToShim request) {
    try {
      switch (request.getCallCase()) {
        case START_CONTAINER -> startContainer(from, request.getId(), request.getStartContainer());
        case START_EXEC -> startExec(from, request.getId(), request.getStartExec());
        case ATTACH_CONTAINER -> {
          attach(from, request.getAttachContainer());
          answer(from, reply(request).setDone(Done.getDefaultInstance()));
        }
        case LIST_PROCESSES -> answer(from, reply(request).setProcesses(processes()));
        default -> {
          carryOut(request);
          answer(from, reply(request).setDone(Done.getDefaultInstance()));
        }
      }
    } catch (Refusal e) {
      answer(from, reply(request).setFailure(failure(e.kind(), e.getMessage())));
    } catch (IOException e) {
      answer(from, reply(request).setFailure(failure(Failure.Kind.INTERNAL, e.getMessage())));
    } catch (RuntimeException | Error e) {
      ErrorLog.unexpected("request " + request.getCallCase(), e);
      answer(from, reply(request).setFailure(failure(Failure.Kind.INTERNAL, e.toString())));
    }
  }

  private void carryOut(ToShim request) throws Refusal, IOException {
    switch (request.getCallCase()) {
      case ADOPT -> adopt(request.getAdopt());
      case SIGNAL_CONTAINER ->
          container(request.getSignalContainer().getContainerId())
              .signal(request.getSignalContainer().getSignal());
      case REOPEN_LOG -> container(request.getReopenLog().getContainerId()).reopenLog();
      case REMOVE_CONTAINER -> remove(request.getRemoveContainer().getContainerId());
      case RESIZE_TERMINAL -> resize(request.getResizeTerminal());
      case RECYCLE -> recycle(request.getRecycle());
      case SHUTDOWN -> shutdown();
      default -> throw new Refusal(Failure.Kind.INTERNAL, "a call this shim does not know");
    }
  }

  private static Reply.Builder reply(ToShim request) {
    return Reply.newBuilder().setId(request.getId());
  }

  static void answer(Connection to, Reply.Builder reply) {
    to.send(FromShim.newBuilder().setReply(reply).build());
  }

  static Failure failure(Failure.Kind kind, @Nullable String message) {
    return Failure.newBuilder()
        .setKind(kind)
        .setMessage(message == null ? "no message" : message)
        .build();
  }

  private Container container(String id) throws Refusal {
    Container container = containers.get(id);
    if (container == null) {
      throw Refusal.notFound(id);
    }
    return container;
  }

  private void adopt(Adopt request) throws Refusal, IOException {
    if (!sandboxId.isEmpty()) {
      throw Refusal.precondition("this shim is already the one of pod sandbox " + sandboxId);
    }
    if (request.getSandboxId().isEmpty()) {
      throw new Refusal(Failure.Kind.INTERNAL, "adoption without a sandbox id");
    }
    rename(request.getSocketPath());
    sandboxId = request.getSandboxId();
    if (fresh == null) {
      fresh = ProcessState.now();
    }
  }

  /** Makes this shim a spare again. If anything of the pod is left, the shim ends instead. */
  private void recycle(Recycle request) throws Refusal, IOException {
    refuseWork();
    if (!execs.isEmpty()) {
      throw Refusal.precondition("an exec has not ended");
    }
    boolean done = false;
    try {
      forgetPod();
      ErrorLog.continueIn(request.getLogPath());
      if (fresh == null) {
        throw new IOException("a shim that was never adopted cannot be recycled");
      }
      fresh.requireNothingMore();
      rename(request.getSocketPath());
      sandboxId = "";
      done = true;
    } finally {
      over = !done;
    }
  }

  private void forgetPod() {
    while (!waiting.isEmpty()) {
      waiting.removeLast().close();
    }
    containers.clear();
    logBuffers.clear();
    reapOrphans();
  }

  private void rename(String path) throws IOException {
    if (!new File(socketPath).renameTo(new File(path))) {
      throw new IOException("rename " + socketPath + " to " + path + " failed");
    }
    socketPath = path;
  }

  private void startContainer(Connection from, long id, StartContainer request)
      throws Refusal, IOException {
    Fd data = takeData(from, request.getPlan());
    try {
      if (containers.containsKey(request.getContainerId())) {
        throw Refusal.precondition("container " + request.getContainerId() + " was started before");
      }
      Container container =
          new Container(
              this, request, CriLog.open(logBuffers, request.getLogPath(), gate(request)));
      containers.put(request.getContainerId(), container);
      try {
        container.launch(from, id, request, data);
      } catch (IOException | RuntimeException | Error e) {
        container.discard();
        throw e;
      }
    } catch (Refusal | IOException | RuntimeException | Error e) {
      close(data);
      throw e;
    }
  }

  private static @Nullable LogGate gate(StartContainer request) {
    return request.hasLogLimits() && !request.getLogPath().isEmpty()
        ? LogGate.of(request.getLogLimits(), System.nanoTime())
        : null;
  }

  private void startExec(Connection from, long id, StartExec request) throws Refusal, IOException {
    Fd[] stdio = from.takeDescriptors(3);
    if (stdio == null) {
      throw new Refusal(Failure.Kind.INTERNAL, "exec without its three descriptors");
    }
    Exec exec = new Exec(this, request.getExecId(), stdio);
    Fd data = null;
    try {
      data = takeData(from, request.getPlan());
      exec.launch(from, id, request.getPlan(), data, container(request.getContainerId()));
    } catch (Refusal | IOException | RuntimeException | Error e) {
      close(data);
      exec.discard();
      throw e;
    }
  }

  /** Takes the file with the data of the plan's program; null if the plan has the data. */
  private static @Nullable Fd takeData(Connection from, LaunchPlan plan) throws Refusal {
    if (!plan.getDataInDescriptor()) {
      return null;
    }
    Fd[] taken = from.takeDescriptors(1);
    if (taken == null) {
      throw new Refusal(Failure.Kind.INTERNAL, "launch plan without the descriptor of its data");
    }
    return taken[0];
  }

  private static void close(@Nullable Fd data) {
    if (data != null) {
      data.close();
    }
  }

  private void attach(Connection from, AttachContainer request) throws Refusal, IOException {
    Fd[] ends = from.takeDescriptors(Attachment.count(request));
    if (ends == null) {
      throw new Refusal(Failure.Kind.INTERNAL, "attach without a descriptor for each stream");
    }
    Attachment attachment = new Attachment(request, ends);
    Container container = containers.get(request.getContainerId());
    if (container == null || !container.hasStarted()) {
      if (waiting.size() == MAX_WAITING) {
        waiting.removeFirst().close();
      }
      waiting.add(attachment);
    } else if (container.isRunning()) {
      container.attach(attachment);
    } else {
      attachment.close();
      throw Refusal.precondition(container + " has exited");
    }
  }

  /** Attaches the clients that have waited for this container to start. */
  void attachWaiting(Container container) {
    for (int i = 0; i < waiting.size(); ) {
      if (waiting.get(i).containerId.equals(container.id())) {
        try {
          container.attach(waiting.remove(i));
        } catch (IOException e) {
          ErrorLog.unexpected("attach to " + container, e);
        }
      } else {
        i++;
      }
    }
  }

  void stalled(AttachedOutput client) {
    stalled.add(client);
  }

  void flows(AttachedOutput client) {
    stalled.remove(client);
  }

  private void remove(String id) throws Refusal {
    if (!container(id).isOver()) {
      throw Refusal.precondition("container " + id + " is running");
    }
    containers.remove(id);
  }

  private void resize(ResizeTerminal request) throws Refusal, IOException {
    container(request.getContainerId()).resize(request.getColumns(), request.getRows());
  }

  private void shutdown() throws Refusal {
    refuseWork();
    if (!new File(socketPath).delete()) {
      // The daemon may have removed the pod's directory already.
      ErrorLog.say("no socket to remove at " + socketPath);
    }
    over = true;
  }

  private void refuseWork() throws Refusal {
    for (Container container : containers.values()) {
      if (!container.isOver()) {
        throw Refusal.precondition("container " + container.id() + " is running");
      }
    }
    if (!launches.areOver()) {
      throw Refusal.precondition("a launch is in flight");
    }
  }

  private ProcessList processes() {
    ProcessList.Builder list = ProcessList.newBuilder().setSandboxId(sandboxId);
    for (Container container : containers.values()) {
      if (container.hasStarted()) {
        list.addContainers(container.describe());
      }
    }
    return list.build();
  }

  /** Removes a container whose start has failed, and closes the clients that wait for it. */
  void forget(Container container) {
    containers.remove(container.id());
    for (int i = waiting.size() - 1; i >= 0; i--) {
      if (waiting.get(i).containerId.equals(container.id())) {
        waiting.remove(i).close();
      }
    }
  }

  void add(Exec exec) {
    execs.add(exec);
  }

  void forget(Exec exec) {
    execs.remove(exec);
  }

  void start(Launch launch) {
    launch.begin(launches); // the end is counted on this thread too, so after the next line
    launches.begun();
  }

  @Override
  boolean isOver() {
    return over;
  }

  @Override
  int millisToNextTick() {
    long now = System.nanoTime();
    long least = Long.MAX_VALUE;
    for (Container container : containers.values()) {
      if (container.isDraining()) {
        least = Math.min(least, container.drainDeadline() - now);
      }
      if (container.leavesOrphans()) {
        least = Math.min(least, nextReap - now);
      }
    }
    if (awaitsOrphans) {
      least = Math.min(least, nextReap - now);
    }
    for (int i = 0; i < stalled.size(); i++) {
      least = Math.min(least, stalled.get(i).deadline() - now);
    }
    if (least == Long.MAX_VALUE) {
      return Epoll.FOREVER;
    }
    return (int) (Math.max(least, 0) / NANOS_PER_MILLI) + 1;
  }

  @Override
  void tick() {
    long now = System.nanoTime();
    for (Container container : containers.values()) {
      if (container.isDraining() && container.drainDeadline() - now <= 0) {
        container.stopDraining();
      }
    }
    for (int i = stalled.size() - 1; i >= 0; i--) {
      if (stalled.get(i).deadline() - now <= 0) {
        ErrorLog.say(stalled.get(i) + " did not read and is detached");
        stalled.get(i).close();
      }
    }
    if (nextReap - now <= 0) {
      nextReap = now + (awaitsOrphans ? RUNTIME_REAP_NANOS : REAP_INTERVAL_NANOS);
      reapOrphans();
      awaitsOrphans = awaitsOrphans && orphansUntil - now > 0;
    }
  }

  /**
   * Reaps ended children that are neither a container nor an exec: orphans that the kernel has
   * given to this subreaper. Does nothing during a launch, whose child is not known yet.
   */
  private void reapOrphans() {
    try {
      while (launches.areOver()) {
        int pid = Children.peekEnded();
        if (pid == 0 || supervises(pid)) {
          return; // the pidfd's event of a supervised process comes next; the others are reaped at
          // the next tick
        }
        Children.reap(pid);
      }
    } catch (ErrnoException e) {
      ErrorLog.unexpected("reap orphans", e);
    }
  }

  /**
   * Takes the exit status of a supervised process.
   *
   * @return null while the process runs
   */
  static @Nullable ExitStatus reap(Pidfd process, Source of) throws ErrnoException {
    try {
      return process.reap();
    } catch (ErrnoException e) {
      if (!e.is(Errno.ECHILD)) {
        throw e;
      }
      ErrorLog.unexpected("exit status of " + of, e);
      return UNKNOWN_EXIT;
    }
  }

  private boolean supervises(int pid) {
    for (Container container : containers.values()) {
      if (container.pid() == pid && container.process() != null) {
        return true;
      }
    }
    for (int i = 0; i < execs.size(); i++) {
      if (execs.get(i).pid() == pid) {
        return true;
      }
    }
    return false;
  }

  /**
   * Called when a runtime has ended, whose helpers end a moment later. If one of them is in a pid
   * namespace and nobody reaps it, the end of that namespace waits for it (pid_namespaces(7)).
   */
  void runtimeEnded() {
    orphansUntil = System.nanoTime() + RUNTIME_ORPHANS_NANOS;
    awaitsOrphans = true;
    reapOrphansSoon();
  }

  /** Called after a supervised process has been reaped, which may have left orphans. */
  void reapOrphansSoon() {
    nextReap = System.nanoTime();
  }
}
