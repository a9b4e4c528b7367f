package io.jukung.runtime.cgroup;

import static io.jukung.linux.Errno.ECHILD;
import static io.jukung.linux.Errno.ESRCH;
import static io.jukung.linux.launch.ProgramBuilder.imm;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
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
 * the daemon, as the pods do.
 */
final class ScopeHolder {
  /** A killed process ends within milliseconds, unless it hangs in the kernel. */
  private static final int END_MILLIS = 1_000;

  private final int pid;
  private final Pidfd process;

  private ScopeHolder(int pid, Pidfd process) {
    this.pid = pid;
    this.process = process;
  }

  /** Starts a holder in the daemon's own cgroup. */
  static ScopeHolder launch() throws IOException {
    Launcher.Launched launched =
        Launcher.launch(
            new Launcher.Request(
                Program.empty().encode(Arch.CURRENT),
                program().encode(Arch.CURRENT),
                0,
                null,
                Launcher.noRegisters()));
    return new ScopeHolder(launched.pid(), Pidfd.own(launched.pidfd()));
  }

  int pid() {
    return pid;
  }

  /** Closes the descriptor and leaves the process running, as there is a holder for each pod. */
  void release() {
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
    ProgramBuilder program = new ProgramBuilder();
    program.step(
        "set the process name",
        Syscall.PRCTL,
        imm(15 /* PR_SET_NAME */),
        program.string("jukung-hold"));
    program.step("start a session", Syscall.SETSID);
    program.step("leave the daemon's directory", Syscall.CHDIR, program.string("/"));
    TerminationSteps.untilSigterm(program);
    return program.build();
  }
}
