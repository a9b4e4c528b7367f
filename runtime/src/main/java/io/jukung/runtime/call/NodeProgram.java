package io.jukung.runtime.call;

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
import io.jukung.linux.launch.Arg;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.launch.Step;
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
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One run of a program of the node, such as a CNI plugin or a hook, as a process in a session of
 * its own that inherits nothing of the daemon but its namespaces. The input is a file, so the
 * program need not read it. The run is over when the process exits, even if a process that it has
 * started keeps its output open.
 */
public final class NodeProgram implements AutoCloseable {
  /** The limit of a result; a program that writes more is broken. */
  public static final int MAX_STDOUT_BYTES = 1 << 20;

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

  /** How much of a program's output is quoted in an error message. */
  private static final int MAX_QUOTED = 1000;

  private static final int BUFFER_BYTES = 64 << 10;

  /**
   * How much is read at once, so that a program that writes without end does not keep the loop from
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
  public enum End {
    EXITED,
    TIMED_OUT,
    TOO_MUCH_OUTPUT,
    CANCELLED
  }

  /** What became of a run. */
  public record Outcome(End end, ExitStatus exit, byte[] stdout, byte[] stderr) {}

  private final Fd stdout;
  private final Fd stderr;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Memory buffer = Memory.allocate(BUFFER_BYTES);

  private NodeProgram(Fd stdout, Fd stderr) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /**
   * Runs the program to its end. Blocks its thread in the kernel, so it must not run on a virtual
   * thread.
   *
   * @param environment the whole environment, as {@code NAME=value}
   * @param cancel the program is killed when this is signalled
   * @throws IOException if the program could not be started
   */
  public static Outcome run(
      Path executable, List<String> environment, byte[] input, Duration timeout, Eventfd cancel)
      throws IOException {
    ProgramBuilder steps = new ProgramBuilder();
    steps.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
    execute(steps, executable.toString(), List.of(executable.toString()), environment);
    return run(steps.build(), null, null, input, timeout, cancel);
  }

  /**
   * Runs a program that other steps come before, as {@link #run(Path, List, byte[], Duration,
   * Eventfd)} does. It becomes a process group to kill only if a step makes it the leader of one.
   *
   * @param program ends with the execve; the standard descriptors are inherited in their registers
   * @param cgroup the directory of the cgroup that it runs in; null: the daemon's; not closed
   * @param target a process whose namespaces are joined; null: none
   */
  public static Outcome run(
      Program program,
      @Nullable Fd cgroup,
      @Nullable Pidfd target,
      byte[] input,
      Duration timeout,
      Eventfd cancel)
      throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Pipe stdout = Pipe.open();
        Pipe stderr = Pipe.open();
        NodeProgram process = new NodeProgram(stdout.reader(), stderr.reader())) {
      Launcher.Launched launched;
      try (Fd stdin = MemoryFile.of("input", input)) {
        long[] registers = Launcher.noRegisters();
        registers[Register.STDIN] = stdin.number();
        registers[Register.STDOUT] = stdout.writer().number();
        registers[Register.STDERR] = stderr.writer().number();
        registers[Register.TARGET] = target == null ? -1 : target.fd().number();
        launched = launch(program, cgroup, registers);
      }
      stdout.writer().close();
      stderr.writer().close();
      try (Pidfd pidfd = Pidfd.own(launched.pidfd())) {
        return process.await(launched.pid(), pidfd, deadline, cancel);
      }
    }
  }

  private static Launcher.Launched launch(Program program, @Nullable Fd cgroup, long[] registers)
      throws IOException {
    byte[] encoded = program.encode(Arch.CURRENT);
    byte[] nothing = Program.empty().encode(Arch.CURRENT);
    int last = program.steps().size() - 1;
    for (int attempt = 1; ; attempt++) {
      try {
        return Launcher.launch(new Launcher.Request(nothing, encoded, 0, cgroup, registers));
      } catch (LaunchFailure e) {
        if (e.step() < 0 || e.step() > last) {
          throw e;
        }
        Step failed = program.steps().get(e.step());
        if (e.step() != last || e.errno() != Errno.ETXTBSY || attempt == MAX_BUSY_ATTEMPTS) {
          String call = failed.call().name().toLowerCase(Locale.ROOT);
          throw new ErrnoException(call, shown(failed), e.errno());
        }
      }
      LockSupport.parkNanos(BUSY_WAIT.toNanos());
    }
  }

  private static String shown(Step step) {
    return step.arguments().getFirst() instanceof Arg.Data text
        ? text.text().replace("\"", "")
        : step.purpose();
  }

  /**
   * Adds the last steps: the standard descriptors of the registers, a process group, the command.
   */
  public static void execute(
      ProgramBuilder program, String executable, List<String> args, List<String> environment) {
    program.step("standard input", Syscall.DUP3, reg(Register.STDIN), imm(0), imm(0));
    program.step("standard output", Syscall.DUP3, reg(Register.STDOUT), imm(1), imm(0));
    program.step("standard error", Syscall.DUP3, reg(Register.STDERR), imm(2), imm(0));
    program.closeOnExecFrom("close the rest on exec", STANDARD_DESCRIPTORS);
    program.step("a process group to kill", Syscall.SETSID);
    program.step(
        "run the program",
        Syscall.EXECVE,
        program.string(executable),
        program.pointers("argv", args),
        program.pointers("envp", environment));
  }

  /** The text as one line of bounded length, without control characters. */
  public static String quote(String text) {
    String line = text.strip().replaceAll("\\s+", " ").replaceAll("\\p{Cntrl}", "?");
    return line.length() <= MAX_QUOTED ? line : line.substring(0, MAX_QUOTED) + "…";
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

  /** Kills the program and the processes that it has started. */
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
          // What the program wrote is in the pipes; nobody waits for what other processes may
          // write.
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
        throw new ErrnoException("read", "output of a program", -count);
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
