package io.jukung.linux.launch;

import static io.jukung.linux.fs.Fd.CLOSE_RANGE_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.process.CurrentProcess.PR_SET_DUMPABLE;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Signals;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * The small program that a process executes in its own place while it has nothing to do. It waits
 * on an epoll instance, and executes the process's real program again when something happens. Pid,
 * children, cgroup and the kept descriptors stay as they are (execve(2)).
 *
 * <pre>
 *   real program ──{@link #become}──▶ keeper: prctl, epoll_pwait ──something happens──▶ real program
 *                                       ▲                                      │
 *                                       └──── a pause, where execve fails ◀────┘
 * </pre>
 *
 * The epoll instance reports every event that came before the wait began, so that no event is lost.
 * A signal that ends other programs ends a keeper too. Only the kernel's OOM killer does not choose
 * a keeper: that would free some 20 kB, and end what the keeper waits for.
 */
public final class Keeper {
  /** The name of the memory file; {@code /proc/PID/exe} of a keeper shows it. */
  public static final String IMAGE_NAME = "jukung-asleep";

  /** The most characters that the kernel keeps of a name are 15 (PR_SET_NAME). */
  private static final String PROCESS_NAME = "jukung-asleep";

  /**
   * The pauses after an execve of the real program has failed. After each pause the keeper executes
   * itself, and so begins again with the first pause; the later ones only follow if that fails too.
   */
  private static final int[] PAUSE_SECONDS = {1, 2, 4, 8, 16, 32, 64, 128};

  private static final int PR_SET_NAME = 15;
  private static final int SIG_BLOCK = 0;
  private static final int SIG_SETMASK = 2;
  private static final int SIGSET_SIZE = 8;
  private static final int SFD_CLOEXEC = 0x80000;
  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLL_IN = 1;
  private static final int EPOLL_EVENT_SIZE = 16;
  private static final int P_ALL = 0;
  private static final int WNOHANG_WEXITED_WNOWAIT_WALL = 0x41000005;
  private static final int SIGINFO_SIZE = 128;
  private static final int SI_PID = 16;
  private static final int FUTEX_CMP_REQUEUE_PRIVATE = 4 | 128;
  private static final long LAST_DESCRIPTOR = 0xffffffffL;
  private static final int F_SETFD = 2;

  /** The first descriptor after standard input, output and error. */
  private static final int FIRST_OTHER = 3;

  private static final int SIGNALS = Register.FIRST_FREE;
  private static final int SCORE = Register.FIRST_FREE + 1;

  /** The OOM killer never chooses a process with this score (proc_pid_oom_score_adj(5)). */
  private static final String NEVER_CHOSEN = "-1000";

  // A JVM has handlers for these signals and survives them; by default they end a process. They
  // wait until the JVM is there again. A JVM itself blocks SIGQUIT in all threads but one.
  private static final long SURVIVED =
      bit(Signals.SIGQUIT) | bit(Signals.SIGUSR2) | bit(Signals.SIGPIPE) | bit(Signals.SIGXFSZ);

  private Keeper() {}

  /**
   * What a keeper waits for, and what it executes then.
   *
   * @param epoll the number of the epoll instance
   * @param watchesChildren whether the end of any child is an event, also of one without a pidfd in
   *     the epoll instance
   * @param command the real program with its arguments; the first is an absolute path
   * @param environment {@code NAME=value} each
   * @param oomScoreAdjustment the OOM score adjustment with which the real program is executed
   */
  public record Watch(
      int epoll,
      boolean watchesChildren,
      List<String> command,
      List<String> environment,
      int oomScoreAdjustment) {
    public Watch {
      command = List.copyOf(command);
      environment = List.copyOf(environment);
      if (command.isEmpty() || !command.getFirst().startsWith("/")) {
        throw new IllegalArgumentException("a keeper needs the absolute path of a program");
      }
    }
  }

  /**
   * Makes an empty file for an image, whose number may be a part of the command. {@link #write}
   * completes it.
   */
  public static Fd createImage() throws ErrnoException {
    return ImageFile.create(IMAGE_NAME);
  }

  /** Writes the image of the keeper; nothing can change it afterwards. */
  public static void write(Fd image, Watch watch) throws IOException {
    byte[] encoded = program(image.number(), watch).encode(Arch.CURRENT);
    ImageFile.write(image, ProgramImage.build(Arch.CURRENT, encoded, Launcher.noRegisters()));
    ImageFile.seal(image);
  }

  /**
   * Returns the keeper's program.
   *
   * @param image the number of the image's own descriptor
   */
  static Program program(int image, Watch watch) {
    ProgramBuilder program = new ProgramBuilder();
    program.step("refuse dumps", Syscall.PRCTL, imm(PR_SET_DUMPABLE), imm(0));
    program.step("name", Syscall.PRCTL, imm(PR_SET_NAME), program.string(PROCESS_NAME));
    setOomScore(program, "not for the OOM killer", NEVER_CHOSEN);
    Arg survived = program.words("[signals that a JVM survives]", SURVIVED);
    setMask(program, "signals that wait", SIG_SETMASK, survived);
    if (watch.watchesChildren()) {
      watchChildren(program, watch.epoll());
      unlessAChildHasEnded(program, () -> await(program, watch.epoll()));
      setMask(program, "signals as before", SIG_SETMASK, survived);
    } else {
      await(program, watch.epoll());
    }
    setOomScore(program, "OOM score as before", Integer.toString(watch.oomScoreAdjustment()));
    wake(program, image, watch);
    return program.build();
  }

  private static void await(ProgramBuilder program, int epoll) {
    program
        .step(
            "wait until something happens",
            Syscall.EPOLL_PWAIT,
            imm(epoll),
            program.struct("[event]", new byte[EPOLL_EVENT_SIZE]),
            imm(1),
            imm(-1),
            imm(0),
            imm(SIGSET_SIZE))
        .tolerate(Errno.EINTR); // a stop and its end (SIGCONT) or a freezer: the JVM looks itself
  }

  /** A blocked SIGCHLD is kept, and the signalfd is readable as long as there is one. */
  private static void watchChildren(ProgramBuilder program, int epoll) {
    Arg child = program.words("[SIGCHLD]", bit(Signals.SIGCHLD));
    setMask(program, "keep SIGCHLD", SIG_BLOCK, child);
    program
        .step(
            "ends of children",
            Syscall.SIGNALFD4,
            imm(-1),
            child,
            imm(SIGSET_SIZE),
            imm(SFD_CLOEXEC))
        .into(SIGNALS);
    program.step(
        "wait for them too",
        Syscall.EPOLL_CTL,
        imm(epoll),
        imm(EPOLL_CTL_ADD),
        reg(SIGNALS),
        program.words("[EPOLLIN]", EPOLL_IN, 0));
  }

  /**
   * Leaves the steps out if a child ended before SIGCHLD was kept. A step cannot look at memory;
   * this futex call can, and fails if the word is not 0.
   */
  private static void unlessAChildHasEnded(ProgramBuilder program, Runnable addSteps) {
    Arg.Data info = (Arg.Data) program.struct("[info]", new byte[SIGINFO_SIZE]);
    program
        .step(
            "has a child ended?",
            Syscall.WAITID,
            imm(P_ALL),
            imm(0),
            info,
            imm(WNOHANG_WEXITED_WNOWAIT_WALL),
            imm(0))
        .tolerate(Errno.ECHILD);
    program
        .step(
            "not if its pid is 0",
            Syscall.FUTEX,
            new Arg.Data(info.offset() + SI_PID, "[info.si_pid]"),
            imm(FUTEX_CMP_REQUEUE_PRIVATE),
            imm(0),
            imm(0),
            program.words("[word]", 0),
            imm(0))
        .tolerate(Errno.EAGAIN)
        .ifItSucceeds(addSteps);
  }

  private static void setMask(ProgramBuilder program, String purpose, int how, Arg mask) {
    program.step(purpose, Syscall.RT_SIGPROCMASK, imm(how), mask, imm(0), imm(SIGSET_SIZE));
  }

  /** Lowering the score needs CAP_SYS_RESOURCE. Without it the score stays as it is. */
  private static void setOomScore(ProgramBuilder program, String purpose, String score) {
    program
        .step(
            purpose,
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string("/proc/self/oom_score_adj"),
            imm(O_WRONLY | O_CLOEXEC))
        .into(SCORE)
        .tolerate(Step.ANY_ERRNO)
        .ifItSucceeds(
            () -> {
              program
                  .step(
                      purpose,
                      Syscall.WRITE,
                      reg(SCORE),
                      program.string(score),
                      imm(score.length()))
                  .tolerate(Step.ANY_ERRNO);
              program.step("close", Syscall.CLOSE, reg(SCORE)).clears(SCORE);
            });
  }

  private static void wake(ProgramBuilder program, int image, Watch watch) {
    Arg path = program.string(watch.command().getFirst());
    Arg arguments = program.pointers("argv", watch.command());
    Arg environment = program.pointers("envp", watch.environment());
    Arg empty = program.string("");
    Arg name = program.pointers("argv", List.of(IMAGE_NAME));
    for (int seconds : PAUSE_SECONDS) {
      program.step("wake", Syscall.EXECVE, path, arguments, environment).tolerate(Step.ANY_ERRNO);
      Arg pause = program.words("[" + seconds + " s]", seconds, 0);
      program
          .step("pause", Syscall.PPOLL, imm(0), imm(0), pause, imm(0), imm(SIGSET_SIZE))
          .tolerate(Errno.EINTR);
      program
          .step(
              "begin again",
              Syscall.EXECVEAT,
              imm(image),
              empty,
              name,
              environment,
              imm(AT_EMPTY_PATH))
          .tolerate(Step.ANY_ERRNO);
    }
  }

  /**
   * Executes the keeper in place of this program. Returns only by an exception; the program goes on
   * then, and all of its descriptors are close-on-exec again.
   *
   * @param image with the keeper
   * @param title the arguments that the keeper's command line shows
   * @param kept the descriptors that stay open, besides the image and the three standard ones; all
   *     others are closed
   */
  public static void become(Fd image, List<String> title, int[] kept) throws IOException {
    int[] open = Arrays.copyOf(kept, kept.length + 1);
    open[kept.length] = image.number();
    try (Memory empty = Memory.ofString("");
        StringVector arguments = new StringVector(title);
        StringVector environment = new StringVector(List.of())) {
      keepOnly(open);
      long result =
          Kernel.raw(
              Syscall.EXECVEAT,
              image.number(),
              empty.address(),
              arguments.address(),
              environment.address(),
              AT_EMPTY_PATH);
      throw new ErrnoException("execveat", IMAGE_NAME, (int) -result);
    } finally {
      closeAllOnExec();
    }
  }

  /** Makes every descriptor from 3 on close-on-exec, except these. */
  private static void keepOnly(int[] kept) throws ErrnoException {
    Arrays.sort(kept);
    int next = FIRST_OTHER;
    for (int each : kept) {
      if (each > next) {
        closeOnExec(next, each - 1L);
      }
      next = Math.max(next, each + 1);
      Kernel.call(Syscall.FCNTL, () -> each + ", F_SETFD, 0", each, F_SETFD, 0);
    }
    closeOnExec(next, LAST_DESCRIPTOR);
  }

  /** Makes every descriptor but the three standard ones close-on-exec. */
  public static void closeAllOnExec() throws ErrnoException {
    closeOnExec(FIRST_OTHER, LAST_DESCRIPTOR);
  }

  private static void closeOnExec(long first, long last) throws ErrnoException {
    Kernel.call(
        Syscall.CLOSE_RANGE,
        () -> first + " to " + last + ", CLOSE_RANGE_CLOEXEC",
        first,
        last,
        CLOSE_RANGE_CLOEXEC);
  }

  private static long bit(int signal) {
    return 1L << (signal - 1);
  }

  /** A zero-terminated array of strings in native memory, as execve(2) takes it. */
  private static final class StringVector implements AutoCloseable {
    private final Memory[] texts;
    private final Memory pointers;

    StringVector(List<String> strings) {
      texts = new Memory[strings.size()];
      pointers = Memory.allocate((strings.size() + 1) * Long.BYTES);
      for (int i = 0; i < texts.length; i++) {
        texts[i] = Memory.ofString(strings.get(i));
        pointers.putLong(i * Long.BYTES, texts[i].address());
      }
    }

    long address() {
      return pointers.address();
    }

    @Override
    public void close() {
      for (Memory text : texts) {
        text.close();
      }
      pointers.close();
    }
  }
}
