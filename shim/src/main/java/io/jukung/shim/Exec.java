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
import io.jukung.shim.v1.StartExec;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A process that joins a running container. Its streams are the daemon's: the shim only starts it
 * and tells its end, to the daemon that is connected then.
 */
final class Exec extends Source {
  private final Pod pod;
  private final String id;
  private final StartExec request;
  private final Fd[] stdio;
  private @Nullable Pidfd process;
  private int pid;
  // Kept, so that what comes after reaping can be tried again.
  private @Nullable ExitStatus status;

  Exec(Pod pod, StartExec request, Fd[] stdio) {
    this.pod = pod;
    this.id = request.getExecId();
    this.request = request;
    this.stdio = stdio;
  }

  /** Launches it; the answer to the request follows. */
  void launch(Connection from, long requestId, Container container) throws Refusal, IOException {
    Pidfd target = container.process();
    if (target == null) {
      throw Refusal.precondition(container + " is not running");
    }
    // A duplicate: the container may end, and its own be closed, while the launch goes on.
    Fd joined = target.fd().duplicate();
    long[] registers = Launcher.noRegisters();
    registers[Register.STDIN] = stdio[0].number();
    registers[Register.STDOUT] = stdio[1].number();
    registers[Register.STDERR] = stdio[2].number();
    registers[Register.TARGET] = joined.number();
    pod.start(new ExecLaunch(from, requestId, registers, joined));
  }

  /** The launch of the joining process. */
  private final class ExecLaunch extends Launch {
    private final Fd joined;

    ExecLaunch(Connection from, long requestId, long[] registers, Fd joined) {
      super(from, requestId, request.getPlan(), registers);
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

  /** Undoes a start that failed, whatever there is of it. */
  void discard() {
    closeStdio();
    if (process != null) {
      try {
        process.send(Signals.SIGKILL); // reaped as an orphan
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
