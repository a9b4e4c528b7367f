package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Register;
import io.jukung.linux.process.ExitStatus;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.shim.v1.ExecExited;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A process that joins a running container. Its streams belong to the daemon: the shim starts the
 * process, and tells its end to the daemon that is connected then.
 */
final class Exec extends Source {
  private final Pod pod;
  private final String id;
  private final Fd[] stdio;
  private @Nullable Pidfd process;
  private int pid;
  // Kept so that the steps after reaping can be repeated if one fails.
  private @Nullable ExitStatus status;

  Exec(Pod pod, String id, Fd[] stdio) {
    this.pod = pod;
    this.id = id;
    this.stdio = stdio;
  }

  /**
   * Starts the launch. The request is answered when the launch has ended.
   *
   * @param data see {@link Launch}
   */
  void launch(
      Connection from, long requestId, LaunchPlan plan, @Nullable Fd data, Container container)
      throws Refusal, IOException {
    Pidfd target = container.process();
    if (target == null) {
      throw Refusal.precondition(container + " is not running");
    }
    // A duplicate, because the container's own is closed if the container ends during the launch.
    Fd joined = target.fd().duplicate();
    long[] registers = Launcher.noRegisters();
    registers[Register.STDIN] = stdio[0].number();
    registers[Register.STDOUT] = stdio[1].number();
    registers[Register.STDERR] = stdio[2].number();
    registers[Register.TARGET] = joined.number();
    pod.start(new ExecLaunch(from, requestId, plan, registers, data, joined));
  }

  private final class ExecLaunch extends Launch {
    private final Fd joined;

    ExecLaunch(
        Connection from,
        long requestId,
        LaunchPlan plan,
        long[] registers,
        @Nullable Fd data,
        Fd joined) {
      super(from, requestId, plan, registers, data);
      this.joined = joined;
    }

    @Override
    void started(Launcher.Launched launched, long at) throws IOException {
      joined.close();
      closeStdio();
      pid = launched.pid();
      Pidfd started = Pidfd.own(launched.pidfd());
      process = started;
      if (launched.ptyMaster() != null) {
        launched.ptyMaster().close();
      }
      pod.loop().add(Exec.this, started.fd(), Epoll.IN);
      pod.add(Exec.this);
    }

    @Override
    void failed() {
      joined.close();
      discard();
    }
  }

  /** Undoes a failed start, however far it came. */
  void discard() {
    closeStdio();
    if (process != null) {
      try {
        process.send(Signals.SIGKILL); // it is reaped as an orphan
      } catch (ErrnoException e) {
        ErrorLog.unexpected("kill of " + this, e);
      }
      pod.loop().remove(this, process.fd());
      process.close();
      process = null;
      pod.reapOrphansSoon();
    }
  }

  private void closeStdio() {
    for (int i = 0; i < stdio.length; i++) {
      stdio[i].close();
    }
  }

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
    pod.tell(
        FromShim.newBuilder()
            .setExecExited(ExecExited.newBuilder().setExecId(id).setExitCode(status.exitCode()))
            .build());
    process = null;
    pod.loop().remove(this, ended.fd());
    ended.close();
    pod.forget(this);
    pod.reapOrphansSoon();
  }

  int pid() {
    return pid;
  }

  @Override
  public String toString() {
    return "exec " + id;
  }
}
