package io.jukung.linux.process;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kills this process by SIGKILL before its n-th system call that changes something, or makes its
 * n-th call that can fail fail, so that tests can try recovery from every state that a crash or an
 * error can leave. It is off unless the process was started with {@code -Djukung.failpoint=FILE}.
 * The tests in e2e use it.
 *
 * <p>A test writes a line and renames it to FILE. Then counting starts again. The line is a number
 * n, to be killed before the n-th change, or n and an error number, to make the n-th call fail that
 * changes something or acquires a resource. With n = 0 the process only counts. Each time FILE
 * appears, the previous count is written to FILE.count. FILE.struck is created before the process
 * is killed or a call fails, and has the name of the call.
 */
public final class Failpoint implements Syscalls {
  private static final String PROPERTY = "jukung.failpoint";

  /**
   * The calls that change the machine or send something to another process. Opening a file is not
   * counted, because O_CREAT is not visible here.
   */
  private static final Set<Syscall> COUNTED =
      EnumSet.of(
          Syscall.WRITE,
          Syscall.MKDIRAT,
          Syscall.MKNODAT,
          Syscall.UNLINKAT,
          Syscall.SYMLINKAT,
          Syscall.LINKAT,
          Syscall.RENAMEAT2,
          Syscall.FTRUNCATE,
          Syscall.FSYNC,
          Syscall.SYNCFS,
          Syscall.FSETXATTR,
          Syscall.MOVE_MOUNT,
          Syscall.MOUNT_SETATTR,
          Syscall.MOUNT,
          Syscall.UMOUNT2,
          Syscall.UNSHARE,
          Syscall.SETNS,
          Syscall.KILL,
          Syscall.PIDFD_SEND_SIGNAL,
          Syscall.WAITID,
          Syscall.BIND,
          Syscall.CONNECT,
          Syscall.SENDMSG,
          Syscall.BPF,
          Syscall.EXECVEAT);

  /**
   * The calls that acquire a resource, and so fail if there is none. Opening a file is one of them.
   */
  private static final Set<Syscall> ACQUIRING =
      EnumSet.of(
          Syscall.OPENAT2,
          Syscall.PIPE2,
          Syscall.FCHMOD,
          Syscall.FCHOWN,
          Syscall.FCHOWNAT,
          Syscall.FDATASYNC,
          Syscall.COPY_FILE_RANGE,
          Syscall.FALLOCATE,
          Syscall.MEMFD_CREATE,
          Syscall.FSOPEN,
          Syscall.FSCONFIG,
          Syscall.FSMOUNT,
          Syscall.OPEN_TREE,
          Syscall.CLONE3,
          Syscall.PIDFD_OPEN,
          Syscall.EPOLL_CREATE1,
          Syscall.EVENTFD2,
          Syscall.SOCKET);

  /** The kernel needs no resource for these: they do not fail for want of one. */
  private static final Set<Syscall> INFALLIBLE =
      EnumSet.of(Syscall.KILL, Syscall.PIDFD_SEND_SIGNAL, Syscall.WAITID);

  private static final int KILL = 0;

  private final Syscalls kernel;
  private final Path file;
  private long strikeAt;
  private int errno = KILL;
  private long count;

  private Failpoint(Syscalls kernel, Path file) {
    this.kernel = kernel;
    this.file = file;
  }

  /** Installs the failpoint if the process was started with the property. */
  public static void installIfAsked() {
    @Nullable String file = System.getProperty(PROPERTY);
    if (file != null) {
      Kernel.install(new Failpoint(Kernel.current(), Path.of(file)));
    }
  }

  @Override
  public long call(Syscall call, long a, long b, long c, long d, long e) {
    int failure = reach(call);
    return failure == 0 ? kernel.call(call, a, b, c, d, e) : -failure;
  }

  /** Returns the error with which the call must fail; 0 if it must be made. */
  private synchronized int reach(Syscall call) {
    if (!COUNTED.contains(call) && !ACQUIRING.contains(call)) {
      return 0;
    }
    try {
      takeOrder();
      if (!isCounted(call) || ++count != strikeAt) {
        return 0;
      }
      Files.writeString(file.resolveSibling(file.getFileName() + ".struck"), call.name());
    } catch (IOException e) {
      throw new IllegalStateException("failpoint " + file, e);
    }
    if (errno == KILL) {
      long pid = kernel.call(Syscall.GETPID, 0, 0, 0, 0, 0);
      kernel.call(Syscall.KILL, pid, Signals.SIGKILL, 0, 0, 0);
    }
    return errno;
  }

  private boolean isCounted(Syscall call) {
    return errno == KILL ? COUNTED.contains(call) : !INFALLIBLE.contains(call);
  }

  private void takeOrder() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    Path answer = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(answer, Long.toString(count));
    String[] order = Files.readString(file).strip().split(" ", 2);
    strikeAt = Long.parseLong(order[0]);
    errno = order.length == 1 ? KILL : Integer.parseInt(order[1]);
    count = 0;
    Files.delete(file);
    Files.move(
        answer, file.resolveSibling(file.getFileName() + ".count"), StandardCopyOption.ATOMIC_MOVE);
  }
}
