package io.jukung.linux.launch;

import static io.jukung.linux.libc.CloneFlags.CLONE_ARGS_SIZE;
import static io.jukung.linux.libc.CloneFlags.CLONE_CLEAR_SIGHAND;
import static io.jukung.linux.libc.CloneFlags.CLONE_INTO_CGROUP;
import static io.jukung.linux.libc.CloneFlags.CLONE_PIDFD;
import static io.jukung.linux.libc.CloneFlags.CLONE_VFORK;
import static io.jukung.linux.libc.CloneFlags.CLONE_VM;
import static io.jukung.linux.process.Signals.SIGCHLD;
import static io.jukung.linux.process.Signals.SIGKILL;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.ExecutableCode;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Children;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Starts processes from a JVM, which cannot fork.
 *
 * <pre>
 *   fresh thread:  prepare program (its own fs and mount namespace; mounts)
 *        |         error pipe, sealed memfd with interpreter + confine program
 *        v
 *   clone stub:    clone3(VM | VFORK | …); child: execveat(memfd)
 *        |
 *        v
 *   new process:   confine program … execve of the container's command
 * </pre>
 *
 * A launch has succeeded when the confine program's execve has closed the error pipe. A confine
 * program may fork, to enter a pid namespace that it has made. Each launch has a thread that ends
 * with it, and with the thread ends the state that the prepare program has given it (unshare,
 * setns).
 */
public final class Launcher {
  private static final String IMAGE_NAME = "jukung-launch";

  // The stack of a launch thread: the smallest that the JVM allows; the native frames need little.
  public static final int THREAD_STACK_BYTES = 192 * 1024;

  private static final int COPIED_AT_ONCE = 64 * 1024;

  private Launcher() {}

  /**
   * Describes a launch.
   *
   * @param prepare the encoded program for the launch thread, see {@link Program#encode}
   * @param confine the encoded program for the new process; it ends with execve
   * @param cloneFlags CLONE_NEW* for clone3(2)
   * @param cgroup the cgroup v2 directory to start in, null for the caller's cgroup; not closed
   * @param registers the preloaded values, {@link Register#COUNT} of them, −1 for none; the caller
   *     closes their descriptors
   * @param data a file with the data of the confine program, read from its position; {@code
   *     confine} then ends before the data. Null if the data is in {@code confine}; not closed
   */
  public record Request(
      byte[] prepare,
      byte[] confine,
      long cloneFlags,
      @Nullable Fd cgroup,
      long[] registers,
      @Nullable Fd data) {

    public Request(
        byte[] prepare, byte[] confine, long cloneFlags, @Nullable Fd cgroup, long[] registers) {
      this(prepare, confine, cloneFlags, cgroup, registers, null);
    }

    private ByteBuffer decodedConfine() {
      return data == null ? Program.decode(confine) : Program.decodeWithoutData(confine);
    }
  }

  /** Work on a new process while its confine program waits. */
  public interface Handshake {
    /** Called on the launch thread. An exception ends the process. */
    void run(int pid) throws IOException;
  }

  /**
   * A running process.
   *
   * @param pid the pid in the caller's pid namespace
   * @param pidfd the receiver closes it
   * @param ptyMaster the receiver closes it; null if the prepare program has opened none
   */
  public record Launched(int pid, Fd pidfd, @Nullable Fd ptyMaster) {}

  /** Returns registers without values. */
  public static long[] noRegisters() {
    long[] registers = new long[Register.COUNT];
    Arrays.fill(registers, -1);
    return registers;
  }

  /**
   * Launches and waits until the new process runs its command, or has failed to.
   *
   * @throws LaunchFailure if a step failed; no process is left then
   */
  public static Launched launch(Request request) throws IOException {
    return launch(request, null);
  }

  /** As {@link #launch(Request)}, with a handshake once the process exists. */
  public static Launched launch(Request request, @Nullable Handshake handshake) throws IOException {
    Attempt attempt = new Attempt(request, handshake);
    Thread thread = new Thread(null, attempt, "launch", THREAD_STACK_BYTES);
    thread.start();
    // The launch ends with its programs. Returning on an interrupt would leave a process without an
    // owner.
    FreshThread.joinUninterruptibly(thread);
    return attempt.result();
  }

  /** One launch on a thread of its own. */
  private static final class Attempt implements Runnable {
    private final Request request;
    private final @Nullable Handshake handshake;
    private @Nullable Launched launched;
    private @Nullable Throwable failure;

    Attempt(Request request, @Nullable Handshake handshake) {
      this.request = request;
      this.handshake = handshake;
    }

    @Override
    public void run() {
      try {
        launched = launchHere(request, handshake);
      } catch (Throwable e) {
        failure = e;
      }
    }

    Launched result() throws IOException {
      if (launched != null) {
        return launched;
      }
      switch (failure) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> throw new IllegalStateException("launch thread ended early", failure);
      }
    }
  }

  /**
   * As {@link #launch}, on the calling thread, for callers that start the thread themselves because
   * they must not wait. The thread must be new, must do nothing else and must end afterwards.
   */
  public static Launched launchHere(Request request) throws IOException {
    return launchHere(request, null);
  }

  private static Launched launchHere(Request request, @Nullable Handshake handshake)
      throws IOException {
    long[] registers = request.registers().clone();
    boolean done = false;
    try {
      PreparedProgram.run(request.prepare(), registers);
      Launched launched = cloneAndConfirm(request, handshake, registers);
      done = true;
      return launched;
    } finally {
      closeOpened(request.registers(), registers, done);
    }
  }

  /** Closes what the programs opened: all registers that differ from the preloaded ones. */
  private static void closeOpened(long[] preloaded, long[] registers, boolean keepPtyMaster) {
    for (int i = 0; i < registers.length; i++) {
      boolean kept = i == Register.PTY_MASTER && keepPtyMaster;
      if (registers[i] != preloaded[i] && registers[i] >= 0 && !kept) {
        Kernel.raw(Syscall.CLOSE, registers[i], 0, 0, 0, 0);
      }
    }
  }

  private static Launched cloneAndConfirm(
      Request request, @Nullable Handshake handshake, long[] registers) throws IOException {
    try (Pipe errorPipe = Pipe.open()) {
      long[] confined = registers.clone();
      confined[Register.ERROR_PIPE] = errorPipe.writer().number();
      try (Fd image = image(request, confined);
          CloneCall clone = new CloneCall(request, image, confined)) {
        Launched launched = clone.run(registers[Register.PTY_MASTER]);
        boolean confirmed = false;
        try {
          errorPipe.writer().close();
          if (handshake != null) {
            handshake.run(launched.pid());
          }
          int[] failed = {LaunchFailure.NO_STEP, clone.imageErrno()};
          int successor = awaitReports(errorPipe, failed);
          if (successor != 0) {
            launched = succeed(launched, successor);
          }
          if (failed[1] != 0) {
            throw new LaunchFailure(LaunchFailure.Phase.CONFINE, failed[0], failed[1]);
          }
          confirmed = true;
          return launched;
        } finally {
          if (!confirmed) {
            end(launched.pidfd());
          }
        }
      }
    }
  }

  /**
   * Waits for the command to run, or for the program to fail.
   *
   * @param failed receives the index of the failed step and its error number
   * @return the process in which the program continues, 0 if it has not forked
   */
  private static int awaitReports(Pipe pipe, int[] failed) throws IOException {
    byte[] report = new byte[8];
    ByteBuffer fields = ByteBuffer.wrap(report).order(ByteOrder.LITTLE_ENDIAN);
    int successor = 0;
    while (pipe.reader().read(report, 0, report.length) == report.length) {
      if (fields.getInt(4) < 0 && successor == 0) {
        successor = -fields.getInt(4);
      } else {
        failed[0] = fields.getInt(0);
        failed[1] = fields.getInt(4);
      }
    }
    return successor;
  }

  /**
   * Makes the successor the launched process; the first process has ended. The pid cannot have been
   * reused, because the successor is a child of this process and only this process reaps it. A pid
   * that is no child was not reported by the program: a container that may trace the successor can
   * write to its pipe.
   */
  private static Launched succeed(Launched first, int successor) throws IOException {
    if (!Children.isChild(successor)) {
      throw new IOException("process " + successor + " was reported, and is not the launched one");
    }
    long pidfd = Kernel.raw(Syscall.PIDFD_OPEN, successor, 0, 0, 0, 0);
    if (pidfd < 0) {
      Kernel.raw(Syscall.KILL, successor, SIGKILL, 0, 0, 0);
      Kernel.raw(Syscall.WAIT4, successor, 0, 0, 0, 0);
      throw new ErrnoException("pidfd_open", Integer.toString(successor), (int) -pidfd);
    }
    end(first.pidfd());
    return new Launched(successor, Fd.own(pidfd), first.ptyMaster());
  }

  /** Kills a process that nobody will own, and waits until it has ended. */
  private static void end(Fd pidfd) {
    try (pidfd) {
      Kernel.raw(Syscall.PIDFD_SEND_SIGNAL, pidfd.number(), SIGKILL, 0, 0, 0);
      Children.awaitEnd(pidfd);
    }
  }

  private static Fd image(Request request, long[] registers) throws IOException {
    Fd image = ImageFile.create(IMAGE_NAME);
    try {
      Fd data = request.data();
      ProgramImage.Piece[] pieces =
          data == null
              ? ProgramImage.build(Arch.CURRENT, request.confine(), registers)
              : ProgramImage.begin(Arch.CURRENT, request.decodedConfine(), registers);
      ImageFile.write(image, pieces);
      if (data != null) {
        copyData(data, request.decodedConfine().getInt(8), image);
      }
      ImageFile.seal(image);
      return image;
    } catch (IOException | RuntimeException e) {
      image.close();
      throw e;
    }
  }

  /** Copies in small pieces, because the heap of a shim is small. */
  private static void copyData(Fd data, int length, Fd image) throws IOException {
    image.seek(ProgramImage.dataFileOffset());
    Memory piece = Memory.allocate(Math.clamp(length, 1, COPIED_AT_ONCE));
    try {
      for (int left = length; left > 0; ) {
        int count = Transfer.read(data, piece, 0, Math.min(left, piece.size()));
        if (count <= 0) {
          throw new IOException(
              "the data of a launch program ends " + left + " bytes early: " + count);
        }
        image.write(piece, 0, count);
        left -= count;
      }
    } finally {
      piece.clear(); // the environment has secrets
      piece.close();
    }
  }

  /**
   * The structure of the clone stub ({@code clone-stub-x86_64.s}) and the data that it points to.
   */
  private static final class CloneCall implements AutoCloseable {
    private static volatile @Nullable ExecutableCode stub;

    private static final int STUB_SIZE = 80;
    private static final int CLONE_ARGS = STUB_SIZE;
    private static final int PIDFD = CLONE_ARGS + CLONE_ARGS_SIZE;
    private static final int EMPTY_MASK = PIDFD + 8;
    private static final int EMPTY_STRING = EMPTY_MASK + 8;
    private static final int NAME = EMPTY_STRING + 8;
    private static final int ARGV = NAME + 8;
    private static final int ENVP = ARGV + 16;
    private static final int KEPT = ENVP + 8;

    private final long flags;
    private final Memory memory = Memory.allocate(KEPT + Register.COUNT * 8);

    CloneCall(Request request, Fd image, long[] registers) {
      long base = memory.address();
      Fd cgroup = request.cgroup();
      this.flags =
          request.cloneFlags()
              | CLONE_VM
              | CLONE_VFORK
              | CLONE_PIDFD
              | CLONE_CLEAR_SIGHAND
              | (cgroup == null ? 0 : CLONE_INTO_CGROUP);
      // struct clone_args of clone3(2): flags, pidfd, …, exit_signal at 32, …, cgroup at 80
      memory
          .putLong(CLONE_ARGS, flags)
          .putLong(CLONE_ARGS + 8, base + PIDFD)
          .putLong(CLONE_ARGS + 32, SIGCHLD)
          .putLong(CLONE_ARGS + 80, cgroup == null ? 0 : cgroup.number());
      memory.put(NAME, new byte[] {'j', 'u', 'k', 'u', 'n', 'g'}, 0, 6);
      memory.putLong(ARGV, base + NAME);
      int kept = 0;
      long inherited = request.decodedConfine().getLong(16) | 1L << Register.ERROR_PIPE;
      for (int i = 0; i < Register.COUNT; i++) {
        if ((inherited >>> i & 1) != 0 && registers[i] >= 0) {
          memory.putLong(KEPT + 8 * kept, registers[i]);
          kept++;
        }
      }
      memory
          .putLong(0, base + CLONE_ARGS)
          .putLong(8, CLONE_ARGS_SIZE)
          .putLong(16, image.number())
          .putLong(24, base + EMPTY_STRING)
          .putLong(32, base + ARGV)
          .putLong(40, base + ENVP)
          .putLong(48, base + EMPTY_MASK)
          .putLong(56, base + KEPT)
          .putLong(64, kept);
    }

    Launched run(long ptyMaster) throws IOException {
      long pid = Kernel.run(stub(), memory.address());
      if (pid < 0) {
        throw new LaunchFailure(LaunchFailure.Phase.CLONE, LaunchFailure.NO_STEP, (int) -pid);
      }
      return new Launched(
          (int) pid, Fd.own(memory.getInt(PIDFD)), ptyMaster < 0 ? null : Fd.own(ptyMaster));
    }

    /** Returns the errno of the child's execveat, 0 if it succeeded. */
    int imageErrno() {
      return (int) memory.getLong(72);
    }

    private static ExecutableCode stub() throws ErrnoException {
      ExecutableCode loaded = stub;
      if (loaded == null) {
        synchronized (CloneCall.class) {
          loaded = stub;
          if (loaded == null) {
            loaded = ExecutableCode.load(MachineCode.cloneStub(Arch.CURRENT));
            stub = loaded;
          }
        }
      }
      return loaded;
    }

    @Override
    public void close() {
      memory.close();
    }
  }
}
