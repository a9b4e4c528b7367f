package io.jukung.shim;

import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
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
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
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
  private final List<Pump> pumps = new ArrayList<>(2);
  private final boolean closesStdin;
  private List<AttachedInput> inputs = List.of();
  private State state = State.LAUNCHING;
  // The writing end of the container's standard input, open for as long as the container runs.
  private @Nullable Fd stdin;
  private @Nullable Fd terminal;
  private @Nullable Pidfd process;
  private int pid;
  private long startedAt;
  private long drainDeadline;
  private @Nullable ExitStatus status;
  private @Nullable ContainerExited exit;
  private boolean recorded;

  Container(Pod pod, StartContainer request, CriLog log) {
    this.pod = pod;
    this.id = request.getContainerId();
    this.stateDirectory = request.getStateDirectory();
    this.cgroup = request.getPlan().getCgroup();
    this.leavesOrphans = (request.getPlan().getCloneFlags() & CLONE_NEWPID) == 0;
    this.log = log;
    // The input of a terminal has no end. As with kubectl, the client only leaves.
    this.closesStdin = request.getStdinOnce() && !request.getTty();
  }

  /** Starts the launch. The request is answered when the launch has ended. */
  void launch(Connection from, long requestId, StartContainer request) throws IOException {
    List<Fd> childEnds = new ArrayList<>(3);
    long[] registers = Launcher.noRegisters();
    try {
      if (!request.getTty()) {
        childEnds.add(standardInput(request.getStdin()));
        childEnds.add(output("stdout"));
        childEnds.add(output("stderr"));
        registers[Register.STDIN] = childEnds.get(0).number();
        registers[Register.STDOUT] = childEnds.get(1).number();
        registers[Register.STDERR] = childEnds.get(2).number();
      }
      boolean tty = request.getTty();
      pod.start(new ContainerLaunch(from, requestId, request.getPlan(), registers, childEnds, tty));
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
    pumps.add(new Pump(this, pod, pipe.reader(), log.stream(name)));
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
        List<Fd> childEnds,
        boolean tty) {
      super(from, requestId, plan, registers);
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
      for (int i = 0; i < pumps.size(); i++) {
        pumps.get(i).start();
      }
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
        pumps.add(new Pump(Container.this, pod, master, log.stream("stdout")));
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
      for (int i = 0; i < pumps.size(); i++) {
        pumps.get(i).close();
      }
      closeRest();
    } finally {
      pod.forget(this);
    }
  }

  private void endProcess() {
    if (process != null) {
      try {
        process.send(Signals.SIGKILL); // it is reaped as an orphan
        killRest();
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
    boolean oomKilled = oomKilled();
    // In a pid namespace of its own, all processes have died with the init. Without one, they are
    // killed by the cgroup.
    killRest();
    return ContainerExited.newBuilder()
        .setContainerId(id)
        .setExitCode(ended.exitCode())
        .setFinishedAt(finishedAt)
        .setOomKilled(oomKilled)
        .build();
  }

  private boolean oomKilled() {
    if (cgroup.isEmpty()) {
      return false;
    }
    try {
      return ContainerCgroup.oomKilled(cgroup);
    } catch (IOException e) {
      ErrorLog.unexpected("OOM kills of " + this, e);
      return false;
    }
  }

  private void killRest() {
    if (cgroup.isEmpty()) {
      return; // the container ran in the shim's own cgroup
    }
    try {
      ContainerCgroup.kill(cgroup);
    } catch (IOException e) {
      ErrorLog.unexpected("kill in the cgroup of " + this, e);
    }
  }

  /** Writes exit.json, unless that is done. */
  private void record(ContainerExited ended) {
    if (recorded) {
      return;
    }
    try {
      ExitRecord.write(
          stateDirectory, ended.getExitCode(), ended.getFinishedAt(), ended.getOomKilled());
      recorded = true;
    } catch (IOException e) {
      ErrorLog.unexpected("exit record of " + this, e);
    }
  }

  /** Called when one of the outputs or the process has ended. */
  void outputEnded() {
    if (state != State.DRAINING) {
      return;
    }
    for (int i = 0; i < pumps.size(); i++) {
      if (pumps.get(i).isOpen()) {
        return;
      }
    }
    end();
  }

  /** Called when the time to wait for the outputs is over. */
  void stopDraining() {
    for (int i = 0; i < pumps.size(); i++) {
      pumps.get(i).drainAndClose(LAST_READS);
    }
    end();
  }

  /** Tells the exit. Where that fails, the next tick tries again. */
  private void end() {
    ContainerExited ended = exit;
    if (ended == null) {
      return; // handling the pidfd's event has failed; the loop repeats it
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
      attachOutput(wanted.stdout, 0);
      attachOutput(wanted.stderr, 1);
    } catch (IOException e) {
      wanted.close();
      throw e;
    }
  }

  private void attachInput(Fd pipe) throws IOException {
    Fd target = terminal != null && pumps.getFirst().isOpen() ? terminal : stdin;
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

  private void attachOutput(@Nullable Fd pipe, int index) throws IOException {
    if (pipe != null) {
      if (index < pumps.size()) {
        pumps.get(index).attach(pipe);
      } else {
        pipe.close(); // a terminal has one output
      }
    }
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
    if (terminal == null || pumps.isEmpty() || !pumps.getFirst().isOpen()) {
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
