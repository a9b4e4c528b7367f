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
 * Kills this process by SIGKILL before its n-th system call that changes something, so that tests
 * can try recovery from every state that a crash can leave. It is off unless the process was
 * started with {@code -Djukung.failpoint=FILE}. The tests in e2e use it.
 *
 * <p>A test writes a number n and renames it to FILE. Then counting starts again, and the process
 * is killed before the n-th call; with 0 it only counts. Each time FILE appears, the previous count
 * is written to FILE.count. FILE.struck is created before the process is killed.
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
          Syscall.BPF);

  private final Syscalls kernel;
  private final Path file;
  private long killAt;
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
    if (COUNTED.contains(call)) {
      reach();
    }
    return kernel.call(call, a, b, c, d, e);
  }

  private synchronized void reach() {
    try {
      if (Files.exists(file)) {
        Path answer = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(answer, Long.toString(count));
        killAt = Long.parseLong(Files.readString(file).strip());
        count = 0;
        Files.delete(file);
        Files.move(
            answer,
            file.resolveSibling(file.getFileName() + ".count"),
            StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new IllegalStateException("failpoint " + file, e);
    }
    if (++count == killAt) {
      try {
        Files.createFile(file.resolveSibling(file.getFileName() + ".struck"));
      } catch (IOException e) {
        throw new IllegalStateException("failpoint " + file, e);
      }
      long pid = kernel.call(Syscall.GETPID, 0, 0, 0, 0, 0);
      kernel.call(Syscall.KILL, pid, Signals.SIGKILL, 0, 0, 0);
    }
  }
}
