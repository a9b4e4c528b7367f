package io.jukung.shim;

import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static io.jukung.linux.fs.OpenFlags.O_RDWR;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Register;
import io.jukung.linux.process.ExitStatus;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.linux.terminal.Terminal;
import io.jukung.shim.SavedPod.SavedContainer;
import io.jukung.shim.SavedPod.SavedExit;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.LogLeftOut;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container from its launch to its removal. All methods run on the event loop's thread.
 *
 * <pre>
 *   LAUNCHING ──started──▶ RUNNING ──pidfd readable──▶ DRAINING ──outputs ended──▶ OVER
 *       │                                              exit.json    or 5 s later   told
 *       └──failed──▶ forgotten
 * </pre>
 */
final class Container extends Source {
  /**
   * How long the shim waits for the outputs to end after the process has ended: a process outside
   * the container's cgroup may hold them open.
   */
  private static final long DRAIN_NANOS = 5_000_000_000L;

  /**
   * How many reads then take what is left: more than the largest capacity that a process without
   * privileges can give a pipe.
   */
  private static final int LAST_READS = 17;

  private static final long LEFT_OUT_INTERVAL_NANOS = 1_000_000_000L;

  private enum State {
    LAUNCHING,
    RUNNING,
    DRAINING,
    OVER
  }

  private final Pod pod;
  private final String id;
  private final String stateDirectory;
  private final String cgroup;
  private final boolean leavesOrphans;
  private final CriLog log;
  private final Outputs outputs = new Outputs();
  private final boolean closesStdin;
  private List<AttachedInput> inputs = List.of();
  private State state;
  // The writing end of the container's standard input, open for as long as the container runs.
  private @Nullable Fd stdin;
  private @Nullable Fd terminal;
  private @Nullable Pidfd process;
  private int pid;
  private long startedAt;
  private long drainDeadline;
  private long leftOutTold;
  private long leftOutToldAt;
  private @Nullable ExitStatus status;
  private @Nullable ContainerExited exit;
  private boolean recorded;

  Container(Pod pod, StartContainer request, CriLog log) {
    this.pod = pod;
    this.id = request.getContainerId();
    this.stateDirectory = request.getStateDirectory();
    LaunchPlan plan = request.getPlan();
    this.cgroup = plan.hasRuntime() ? plan.getRuntime().getCgroup() : plan.getCgroup();
    this.leavesOrphans =
        plan.hasRuntime()
            ? plan.getRuntime().getLeavesOrphans()
            : (plan.getCloneFlags() & CLONE_NEWPID) == 0;
    this.log = log;
    // The input of a terminal has no end. As with kubectl, the client only leaves.
    this.closesStdin = request.getStdinOnce() && !request.getTty();
    this.state = State.LAUNCHING;
  }

  private Container(Pod pod, SavedContainer saved, CriLog log) {
    this.pod = pod;
    this.id = saved.id();
    this.stateDirectory = saved.stateDirectory();
    this.cgroup = saved.cgroup();
    this.leavesOrphans = saved.leavesOrphans();
    this.log = log;
    this.closesStdin = saved.closesStdin();
    this.pid = saved.pid();
    this.startedAt = saved.startedAt();
    this.stdin = saved.stdin() == SavedPod.NONE ? null : Fd.own(saved.stdin());
    SavedExit ended = saved.exit();
    this.state = ended == null ? State.RUNNING : State.OVER;
    this.exit = ended == null ? null : ended.told(id, log.leftOutBytes());
  }

  /** Goes on with a container of a shim that has slept. */
  static Container restore(Pod pod, SavedContainer saved, CriLog.Buffers buffers)
      throws ErrnoException {
    Container container = new Container(pod, saved, CriLog.restore(buffers, saved.log()));
    container.outputs.restore(container, pod, saved.outputs(), container.log);
    if (saved.terminal()) {
      container.terminal = container.outputs.first();
    }
    if (saved.pidfd() != SavedPod.NONE) {
      Pidfd running = Pidfd.own(Fd.own(saved.pidfd()));
      container.process = running;
      pod.loop().add(container, running.fd(), Epoll.IN);
    }
    return container;
  }

  /** Describes a quiet container for {@link #restore}. */
  SavedContainer save() {
    ContainerExited ended = state == State.OVER ? exit : null;
    return new SavedContainer(
        id,
        stateDirectory,
        cgroup,
        leavesOrphans,
        closesStdin,
        pid,
        startedAt,
        process == null ? SavedPod.NONE : process.fd().number(),
        stdin == null ? SavedPod.NONE : stdin.number(),
        terminal != null,
        ended == null ? null : SavedExit.of(ended),
        log.save(),
        outputs.save());
  }

  /** Whether the shim has nothing to do for this container until something happens. */
  boolean isQuiet() {
    return switch (state) {
      case LAUNCHING, DRAINING -> false;
      case RUNNING -> status == null && inputs.isEmpty() && outputs.areQuiet();
      case OVER -> true;
    };
  }

  /**
   * Starts the launch. The request is answered when the launch has ended.
   *
   * @param data see {@link Launch}
   */
  void launch(Connection from, long requestId, StartContainer request, @Nullable Fd data)
      throws IOException {
    List<Fd> childEnds = new ArrayList<>(3);
    long[] registers = Launcher.noRegisters();
    try {
      if (request.getTty() && request.getPlan().hasRuntime()) {
        // The container gets a terminal, and the runtime itself nothing.
        Fd nothing = HostFile.open("/dev/null", O_RDWR, 0);
        childEnds.add(nothing);
        registers[Register.STDIN] = nothing.number();
        registers[Register.STDOUT] = nothing.number();
        registers[Register.STDERR] = nothing.number();
      } else if (!request.getTty()) {
        childEnds.add(standardInput(request.getStdin()));
        childEnds.add(output("stdout"));
        childEnds.add(output("stderr"));
        registers[Register.STDIN] = childEnds.get(0).number();
        registers[Register.STDOUT] = childEnds.get(1).number();
        registers[Register.STDERR] = childEnds.get(2).number();
      }
      boolean tty = request.getTty();
      pod.start(
          new ContainerLaunch(from, requestId, request.getPlan(), registers, data, childEnds, tty));
    } catch (IOException | RuntimeException | Error e) {
      close(childEnds);
      throw e;
    }
  }

  private Fd standardInput(boolean wanted) throws IOException {
    if (!wanted) {
      return HostFile.open("/dev/null", O_RDONLY, 0);
    }
    Pipe pipe = Pipe.open();
    stdin = pipe.writer();
    return pipe.reader();
  }

  private Fd output(String name) throws IOException {
    Pipe pipe = Pipe.open();
    outputs.add(new Pump(this, pod, pipe.reader(), log.stream(name)));
    return pipe.writer();
  }

  private static void close(List<Fd> descriptors) {
    for (int i = 0; i < descriptors.size(); i++) {
      descriptors.get(i).close();
    }
  }

  private final class ContainerLaunch extends Launch {
    private final List<Fd> childEnds;
    private final boolean tty;

    ContainerLaunch(
        Connection from,
        long requestId,
        LaunchPlan plan,
        long[] registers,
        @Nullable Fd data,
        List<Fd> childEnds,
        boolean tty) {
      super(from, requestId, plan, registers, data);
      this.childEnds = childEnds;
      this.tty = tty;
    }

    @Override
    void started(Launcher.Launched launched, long at) throws IOException {
      close(childEnds);
      pid = launched.pid();
      startedAt = at;
      Pidfd started = Pidfd.own(launched.pidfd());
      process = started;
      takeTerminal(launched.ptyMaster());
      state = State.RUNNING;
      pod.attachWaiting(Container.this);
      outputs.start();
      pod.loop().add(Container.this, started.fd(), Epoll.IN);
    }

    private void takeTerminal(@Nullable Fd master) throws IOException {
      if (tty == (master == null)) {
        if (master != null) {
          master.close();
        }
        throw new IOException("the launch program and the request differ about a terminal");
      }
      if (master != null) {
        terminal = master;
        outputs.add(new Pump(Container.this, pod, master, log.stream("stdout")));
      }
    }

    @Override
    void failed() {
      close(childEnds);
      discard();
    }
  }

  /** Undoes a failed start, however far it came. */
  void discard() {
    try {
      endProcess();
      outputs.close();
      closeRest();
    } finally {
      pod.forget(this);
    }
  }

  private void endProcess() {
    if (process != null) {
      try {
        process.send(Signals.SIGKILL); // it is reaped as an orphan
        ContainerCgroup.killRest(cgroup, this);
      } catch (ErrnoException e) {
        ErrorLog.unexpected("kill of " + this, e);
      }
      pod.loop().remove(this, process.fd());
      process.close();
      process = null;
      pod.reapOrphansSoon();
    }
  }

  private void closeRest() {
    closeStdin();
    terminal = null; // closed by its pump
    if (log.droppedBytes() > 0) {
      ErrorLog.say(log.droppedBytes() + " bytes of output of " + this + " were not logged");
    }
    log.close();
  }

  /**
   * Called when the process has ended, which makes its pidfd readable. The pidfd stays in the loop
   * until all is done: if a step fails, the loop calls this method again, and steps that are done
   * are not repeated.
   */
  @Override
  void ready(int events) throws IOException {
    Pidfd ended = process;
    if (ended == null) {
      return;
    }
    if (status == null) {
      status = Pod.reap(ended, this);
      if (status == null) {
        return;
      }
    }
    if (exit == null) {
      exit = describeExit(status);
    }
    if (state == State.RUNNING) {
      state = State.DRAINING;
      drainDeadline = System.nanoTime() + DRAIN_NANOS;
    }
    record(exit);
    process = null;
    pod.loop().remove(this, ended.fd());
    ended.close();
    pod.reapOrphansSoon();
    outputEnded();
  }

  private ContainerExited describeExit(ExitStatus ended) {
    long finishedAt = pod.clock().nanos();
    boolean oomKilled = ContainerCgroup.wasOomKilled(cgroup, this);
    // In a pid namespace of its own, all processes have died with the init. Without one, they are
    // killed by the cgroup.
    ContainerCgroup.killRest(cgroup, this);
    ContainerExited.Builder exited =
        ContainerExited.newBuilder()
            .setContainerId(id)
            .setExitCode(ended.exitCode())
            .setFinishedAt(finishedAt)
            .setOomKilled(oomKilled);
    if (oomKilled) {
      exited
          .setMemoryPeak(ContainerCgroup.number(cgroup, "memory.peak"))
          .setMemoryLimit(ContainerCgroup.number(cgroup, "memory.max"));
    }
    return exited.build();
  }

  /** Writes exit.json, unless that is done. */
  private void record(ContainerExited ended) {
    if (recorded) {
      return;
    }
    try {
      ExitRecord.write(stateDirectory, ended);
      recorded = true;
    } catch (IOException e) {
      ErrorLog.unexpected("exit record of " + this, e);
    }
  }

  /** Called when one of the outputs or the process has ended. */
  void outputEnded() {
    if (state == State.DRAINING && outputs.haveEnded()) {
      end();
    }
  }

  /** Tells the daemon if the log has left out more output, at most once a second. */
  void tellLeftOut() {
    long leftOut = log.leftOutBytes();
    long now = leftOut == leftOutTold ? 0 : System.nanoTime();
    if (leftOut == leftOutTold
        || (leftOutTold != 0 && now - leftOutToldAt < LEFT_OUT_INTERVAL_NANOS)) {
      return;
    }
    leftOutTold = leftOut;
    leftOutToldAt = now;
    pod.tell(
        FromShim.newBuilder()
            .setLogLeftOut(LogLeftOut.newBuilder().setContainerId(id).setBytes(leftOut))
            .build());
  }

  /** Called when the time to wait for the outputs is over. */
  void stopDraining() {
    outputs.drainAndClose(LAST_READS);
    end();
  }

  /** Tells the exit. Where that fails, the next tick tries again. */
  private void end() {
    ContainerExited ended = exit;
    if (ended == null) {
      return; // handling the pidfd's event has failed; the loop repeats it
    }
    if (log.leftOutBytes() > 0) {
      ended = ended.toBuilder().setLogLeftOut(log.leftOutBytes()).build();
      exit = ended;
    }
    closeRest();
    // A second attempt if the first one failed: descriptors or disk space may be free by now. If it
    // fails too, the daemon is told all the same and writes a record of its own.
    record(ended);
    pod.tell(FromShim.newBuilder().setContainerExited(ended).build());
    state = State.OVER;
  }

  void signal(int signal) throws Refusal, IOException {
    if (state == State.LAUNCHING) {
      throw Refusal.precondition(this + " is being launched");
    }
    if (signal < 1 || signal > Signals.SIGRTMAX) {
      throw Refusal.precondition("there is no signal " + signal);
    }
    if (process == null) {
      return;
    }
    try {
      process.send(signal);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        throw e;
      }
      // The process has ended; the pidfd's event comes next.
    }
  }

  /**
   * Attaches a client to the streams. Takes over the attachment's descriptors, also if it fails.
   */
  void attach(Attachment wanted) throws IOException {
    try {
      if (wanted.stdin != null) {
        attachInput(wanted.stdin);
      }
      outputs.attach(wanted.stdout, 0);
      outputs.attach(wanted.stderr, 1);
    } catch (IOException e) {
      wanted.close();
      throw e;
    }
  }

  private void attachInput(Fd pipe) throws IOException {
    Fd target = terminal != null && outputs.first() != null ? terminal : stdin;
    if (target == null) {
      pipe.close();
      return;
    }
    AttachedInput input = new AttachedInput(this, pod.loop(), pipe, target.duplicate());
    if (inputs.isEmpty()) {
      inputs = new ArrayList<>(1);
    }
    inputs.add(input);
    input.start();
  }

  void detach(AttachedInput input) {
    inputs.remove(input);
  }

  /** Called when a client's input has ended. */
  void inputEnded() {
    if (closesStdin) {
      closeStdin();
    }
  }

  private void closeStdin() {
    for (int i = inputs.size() - 1; i >= 0; i--) {
      inputs.get(i).close();
    }
    if (stdin != null) {
      stdin.close();
      stdin = null;
    }
  }

  void reopenLog() throws Refusal, IOException {
    if (state == State.OVER) {
      throw Refusal.precondition(this + " has exited");
    }
    log.reopen();
  }

  void resize(int columns, int rows) throws Refusal, IOException {
    if (terminal == null || outputs.first() == null) {
      throw Refusal.precondition(this + " has no terminal");
    }
    if (columns < 1 || columns > 0xffff || rows < 1 || rows > 0xffff) {
      throw Refusal.precondition("no terminal has " + columns + " columns and " + rows + " rows");
    }
    Terminal.resize(terminal, new Terminal.Size(columns, rows));
  }

  ContainerProcess describe() {
    ContainerProcess.Builder description =
        ContainerProcess.newBuilder().setContainerId(id).setPid(pid).setStartedAt(startedAt);
    if (state == State.OVER && exit != null) {
      description.setExit(exit);
    }
    return description.build();
  }

  String id() {
    return id;
  }

  int pid() {
    return pid;
  }

  /** Returns null before the start and after the process has been reaped. */
  @Nullable Pidfd process() {
    return process;
  }

  boolean isRunning() {
    return state == State.RUNNING;
  }

  boolean hasStarted() {
    return state != State.LAUNCHING;
  }

  boolean isDraining() {
    return state == State.DRAINING;
  }

  boolean isOver() {
    return state == State.OVER;
  }

  /** Returns when to stop waiting for the outputs, in the clock of {@link System#nanoTime}. */
  long drainDeadline() {
    return drainDeadline;
  }

  /** Whether orphaned descendants become children of the shim, and not of an init of their own. */
  boolean leavesOrphans() {
    return leavesOrphans && state == State.RUNNING;
  }

  @Override
  public String toString() {
    return "container " + id;
  }
}
