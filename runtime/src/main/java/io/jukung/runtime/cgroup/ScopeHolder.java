package io.jukung.runtime.cgroup;

import static io.jukung.linux.Errno.ECHILD;
import static io.jukung.linux.Errno.ESRCH;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Children;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import java.io.IOException;

/**
 * A process of a few pages that does nothing. A scope needs one to begin with, and is over when its
 * last process ends, before anyone could have looked into the exit of a container in it. It
 * outlives the daemon, as the pods do.
 */
public final class ScopeHolder {
  private static final long SIGTERM_SET = 1L << 14;
  private static final int END_MILLIS = 1_000;

  private final int pid;
  private final Pidfd process;

  private ScopeHolder(int pid, Pidfd process) {
    this.pid = pid;
    this.process = process;
  }

  /** Starts one, in the daemon's own cgroup. */
  public static ScopeHolder launch() throws IOException {
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

  public int pid() {
    return pid;
  }

  /** Leaves it alone. No descriptor is kept for it: there is one holder for each pod. */
  public void release() {
    process.close();
  }

  /** Waits for one that has ended, unless it is an earlier daemon's child. */
  public static void reap(int pid) throws ErrnoException {
    try {
      Children.reap(pid);
    } catch (ErrnoException e) {
      if (!e.is(ECHILD)) {
        throw e;
      }
    }
  }

  /** Ends one that holds nothing yet. */
  public void end() throws IOException {
    try (process) {
      process.send(Signals.SIGKILL);
      Readiness.await(process.fd(), Epoll.IN, END_MILLIS);
      process.reap();
    } catch (ErrnoException e) {
      if (!e.is(ESRCH) && !e.is(ECHILD)) {
        throw e;
      }
    }
  }

  private static Program program() {
    ProgramBuilder program = new ProgramBuilder();
    program.step(
        "name it", Syscall.PRCTL, imm(15 /* PR_SET_NAME */), program.string("jukung-hold"));
    program.step("own session", Syscall.SETSID);
    program.step("hold no directory", Syscall.CHDIR, program.string("/"));
    program.step(
        "hold SIGTERM back",
        Syscall.RT_SIGPROCMASK,
        imm(0 /* SIG_BLOCK */),
        program.words("[SIGTERM]", SIGTERM_SET),
        imm(0),
        imm(8));
    program.step("started", Syscall.CLOSE, reg(Register.ERROR_PIPE)).clears(Register.ERROR_PIPE);
    program.step("hold no descriptors", Syscall.CLOSE_RANGE, imm(0), imm(0xffffffffL));
    program.step(
        "wait for SIGTERM",
        Syscall.RT_SIGTIMEDWAIT,
        program.words("[SIGTERM]", SIGTERM_SET),
        imm(0),
        imm(0),
        imm(8));
    program.step("end", Syscall.EXIT_GROUP, imm(0));
    return program.build();
  }
}
