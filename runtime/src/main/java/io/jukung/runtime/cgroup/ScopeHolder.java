package io.jukung.runtime.cgroup;

import static io.jukung.linux.Errno.ECHILD;
import static io.jukung.linux.Errno.ESRCH;
import static io.jukung.linux.launch.ProgramBuilder.imm;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.launch.TerminationSteps;
import java.io.IOException;

/**
 * A process of a few memory pages that only keeps a systemd scope alive. systemd starts a scope
 * around a running process and removes the scope when the last process in it ends: without the
 * holder, a container's cgroup would be gone before its exit could be examined. The holder outlives
 * the daemon, as the pods do, from {@link #keep} on. Before, it ends with the daemon.
 */
final class ScopeHolder {
  /** A killed process ends within milliseconds, unless it hangs in the kernel. */
  private static final int END_MILLIS = 1_000;

  private final int pid;
  private final Pidfd process;
  private final Fd gate;

  private ScopeHolder(int pid, Pidfd process, Fd gate) {
    this.pid = pid;
    this.process = process;
    this.gate = gate;
  }

  /** Starts a holder in the daemon's own cgroup. */
  static ScopeHolder launch() throws IOException {
    Pipe gate = Pipe.open();
    try {
      long[] registers = Launcher.noRegisters();
      registers[Register.GATE] = gate.reader().number();
      Launcher.Launched launched =
          Launcher.launch(
              new Launcher.Request(
                  Program.empty().encode(Arch.CURRENT),
                  program().encode(Arch.CURRENT),
                  0,
                  null,
                  registers));
      gate.reader().close();
      return new ScopeHolder(launched.pid(), Pidfd.own(launched.pidfd()), gate.writer());
    } catch (IOException | RuntimeException e) {
      gate.close();
      throw e;
    }
  }

  /** Lets the holder live until it is killed: it keeps a scope now. */
  void keep() throws IOException {
    gate.write(new byte[1]);
  }

  int pid() {
    return pid;
  }

  /** Closes the descriptors, as there is a holder for each pod. One that is kept runs on. */
  void release() {
    gate.close();
    process.close();
  }

  /**
   * Reaps a holder that was killed. Does nothing if an earlier daemon started it: the process is
   * not a child of this one.
   */
  static void reap(int pid) throws IOException {
    try {
      reap(Pidfd.open(pid));
    } catch (ErrnoException e) {
      if (!e.is(ESRCH)) {
        throw e;
      }
    }
  }

  /** Kills and reaps a holder that does not keep a scope yet. */
  void end() throws IOException {
    try {
      process.send(Signals.SIGKILL);
    } catch (ErrnoException e) {
      if (!e.is(ESRCH)) { // it has ended by itself
        throw e;
      }
    } finally {
      gate.close();
      reap(process);
    }
  }

  /** Waits for a killed process, which can be reaped only a moment after it left its cgroup. */
  private static void reap(Pidfd process) throws IOException {
    try (process) {
      Readiness.await(process.fd(), Epoll.IN, END_MILLIS);
      process.reap();
    } catch (ErrnoException e) {
      if (!e.is(ECHILD)) {
        throw e;
      }
    }
  }

  private static Program program() {
    ProgramBuilder program = new ProgramBuilder().inherit(Register.GATE);
    program.step(
        "set the process name",
        Syscall.PRCTL,
        imm(15 /* PR_SET_NAME */),
        program.string("jukung-hold"));
    program.step("start a session", Syscall.SETSID);
    program.step("leave the daemon's directory", Syscall.CHDIR, program.string("/"));
    TerminationSteps.untilSigtermOnceKept(program);
    return program.build();
  }
}
