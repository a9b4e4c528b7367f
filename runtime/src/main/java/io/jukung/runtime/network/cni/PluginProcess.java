package io.jukung.runtime.network.cni;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.MemoryFile;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.ExitStatus;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.ProcessGroup;
import io.jukung.linux.process.Signals;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * One run of a plugin, as a process in a session of its own that inherits nothing of the daemon but
 * its namespaces. The input is a file, so the plugin need not read it. The run is over when the
 * process exits, even if a process that it has started keeps its output open.
 */
final class PluginProcess implements AutoCloseable {
  /** The limit of a result; a plugin that writes more is broken. */
  static final int MAX_STDOUT_BYTES = 1 << 20;

  /** How much of the error output is kept; the rest is read and dropped. */
  static final int MAX_STDERR_BYTES = 16 << 10;

  /**
   * How long to wait before another attempt to run an executable that is being replaced (execve(2),
   * ETXTBSY).
   */
  private static final Duration BUSY_WAIT = Duration.ofMillis(50);

  private static final int MAX_BUSY_ATTEMPTS = 40;

  /**
   * How long to wait for the end of a killed process. A process in an uninterruptible wait does not
   * end, and must not block the pod's call.
   */
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);

  private static final int BUFFER_BYTES = 64 << 10;

  /**
   * How much is read at once, so that a plugin that writes without end does not keep the loop from
   * its other events.
   */
  private static final int MAX_BYTES_AT_ONCE = 1 << 20;

  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int STANDARD_DESCRIPTORS = 3;

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int EXIT = 3;
  private static final int CANCEL = 4;
  private static final int MAX_EVENTS = 4;

  /** How a run ended. */
  enum End {
    EXITED,
    TIMED_OUT,
    TOO_MUCH_OUTPUT,
    CANCELLED
  }

  record Outcome(End end, ExitStatus exit, byte[] stdout, byte[] stderr) {}

  private final Fd stdout;
  private final Fd stderr;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Memory buffer = Memory.allocate(BUFFER_BYTES);

  private PluginProcess(Fd stdout, Fd stderr) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /**
   * Runs the plugin to its end. Blocks its thread in the kernel, so it must not run on a virtual
   * thread.
   *
   * @param environment the whole environment, as {@code NAME=value}
   * @param cancel the plugin is killed when this is signalled
   * @throws IOException if the plugin could not be started
   */
  static Outcome run(
      Path executable, List<String> environment, byte[] input, Duration timeout, Eventfd cancel)
      throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Pipe stdout = Pipe.open();
        Pipe stderr = Pipe.open();
        PluginProcess process = new PluginProcess(stdout.reader(), stderr.reader())) {
      Launcher.Launched launched;
      try (Fd stdin = MemoryFile.of("cni-request", input)) {
        launched = launch(executable, environment, stdin, stdout.writer(), stderr.writer());
      }
      stdout.writer().close();
      stderr.writer().close();
      try (Pidfd pidfd = Pidfd.own(launched.pidfd())) {
        return process.await(launched.pid(), pidfd, deadline, cancel);
      }
    }
  }

  private static Launcher.Launched launch(
      Path executable, List<String> environment, Fd stdin, Fd stdout, Fd stderr)
      throws IOException {
    Program program = program(executable.toString(), environment);
    byte[] encoded = program.encode(Arch.CURRENT);
    byte[] nothing = Program.empty().encode(Arch.CURRENT);
    long[] registers = Launcher.noRegisters();
    registers[Register.STDIN] = stdin.number();
    registers[Register.STDOUT] = stdout.number();
    registers[Register.STDERR] = stderr.number();
    for (int attempt = 1; ; attempt++) {
      try {
        return Launcher.launch(new Launcher.Request(nothing, encoded, 0, null, registers));
      } catch (LaunchFailure e) {
        if (e.step() != program.steps().size() - 1) {
          throw e;
        }
        if (e.errno() != Errno.ETXTBSY || attempt == MAX_BUSY_ATTEMPTS) {
          throw new ErrnoException("execve", executable.toString(), e.errno());
        }
      }
      LockSupport.parkNanos(BUSY_WAIT.toNanos());
    }
  }

  private static Program program(String executable, List<String> environment) {
    ProgramBuilder program = new ProgramBuilder();
    program.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
    program.step("standard input", Syscall.DUP3, reg(Register.STDIN), imm(0), imm(0));
    program.step("standard output", Syscall.DUP3, reg(Register.STDOUT), imm(1), imm(0));
    program.step("standard error", Syscall.DUP3, reg(Register.STDERR), imm(2), imm(0));
    program.closeOnExecFrom("close the rest on exec", STANDARD_DESCRIPTORS);
    program.step("a process group to kill", Syscall.SETSID);
    program.step(
        "run the plugin",
        Syscall.EXECVE,
        program.string(executable),
        program.pointers("argv", List.of(executable)),
        program.pointers("envp", environment));
    return program.build();
  }

  private Outcome await(int pid, Pidfd pidfd, long deadline, Eventfd cancel) throws IOException {
    End end;
    try {
      end = pumpUntilTheEnd(pidfd, deadline, cancel);
    } catch (IOException | RuntimeException e) {
      try {
        kill(pid, pidfd);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
    ExitStatus exit = end == End.EXITED ? reap(pid, pidfd) : kill(pid, pidfd);
    return new Outcome(end, exit, out.toByteArray(), err.toByteArray());
  }

  /** Kills the plugin and the processes that it has started. */
  private static ExitStatus kill(int pid, Pidfd pidfd) throws IOException {
    // The process has not been waited for, so its pid still names its process group.
    ProcessGroup.send(pid, Signals.SIGKILL);
    Readiness.await(pidfd.fd(), Epoll.IN, KILL_WAIT.toMillis());
    return reap(pid, pidfd);
  }

  private static ExitStatus reap(int pid, Pidfd pidfd) throws IOException {
    ExitStatus exit = pidfd.reap();
    if (exit == null) {
      throw new IOException("process " + pid + " does not end although it was killed");
    }
    return exit;
  }

  private End pumpUntilTheEnd(Pidfd pidfd, long deadline, Eventfd cancel) throws IOException {
    try (Epoll epoll = Epoll.create(MAX_EVENTS)) {
      StatusFlags.setNonBlocking(stdout);
      StatusFlags.setNonBlocking(stderr);
      epoll.add(stdout, Epoll.IN, STDOUT);
      epoll.add(stderr, Epoll.IN, STDERR);
      epoll.add(pidfd.fd(), Epoll.IN, EXIT);
      epoll.add(cancel.fd(), Epoll.IN, CANCEL);
      while (true) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return End.TIMED_OUT;
        }
        int events = epoll.await((int) Math.min(left / NANOS_PER_MILLI + 1, Integer.MAX_VALUE));
        boolean exited = false;
        for (int i = 0; i < events; i++) {
          switch ((int) epoll.token(i)) {
            case STDOUT -> removeAtEnd(epoll, stdout, out, MAX_STDOUT_BYTES + 1);
            case STDERR -> removeAtEnd(epoll, stderr, err, MAX_STDERR_BYTES);
            case EXIT -> exited = true;
            default -> {
              return End.CANCELLED;
            }
          }
        }
        if (exited) {
          // What the plugin wrote is in the pipes; nobody waits for what other processes may write.
          read(stdout, out, MAX_STDOUT_BYTES + 1);
          read(stderr, err, MAX_STDERR_BYTES);
        }
        if (out.size() > MAX_STDOUT_BYTES) {
          return End.TOO_MUCH_OUTPUT;
        }
        if (exited) {
          return End.EXITED;
        }
      }
    }
  }

  private void removeAtEnd(Epoll epoll, Fd pipe, ByteArrayOutputStream kept, int most)
      throws IOException {
    if (read(pipe, kept, most)) {
      epoll.remove(pipe);
    }
  }

  /**
   * Reads what is there and keeps the first bytes of it.
   *
   * @return whether the pipe has no writer any more
   */
  private boolean read(Fd pipe, ByteArrayOutputStream kept, int most) throws IOException {
    for (int total = 0; total < MAX_BYTES_AT_ONCE; ) {
      int count = Transfer.read(pipe, buffer, 0, buffer.size());
      if (count == Transfer.WOULD_BLOCK) {
        return false;
      }
      if (count < 0) {
        throw new ErrnoException("read", "output of a plugin", -count);
      }
      if (count == 0) {
        return true;
      }
      total += count;
      kept.writeBytes(buffer.getBytes(0, Math.min(count, most - kept.size())));
    }
    return false;
  }

  @Override
  public void close() {
    buffer.close();
  }
}
