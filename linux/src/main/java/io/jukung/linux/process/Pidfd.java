package io.jukung.linux.process;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * A process, by a descriptor that never comes to mean another one (pidfd_open(2)). The descriptor
 * becomes readable when the process ends.
 */
public final class Pidfd implements AutoCloseable {
  private static final int PIDFD_SIGNAL_PROCESS_GROUP = 4;

  private final Fd fd;

  private Pidfd(Fd fd) {
    this.fd = fd;
  }

  /** Takes ownership of a descriptor from clone3(2) or from another process. */
  public static Pidfd own(Fd fd) {
    return new Pidfd(fd);
  }

  /**
   * Opens a process by its number.
   *
   * @throws ErrnoException ESRCH where there is no such process
   */
  public static Pidfd open(int pid) throws ErrnoException {
    long fd = Kernel.raw(Syscall.PIDFD_OPEN, pid, 0, 0, 0, 0);
    if (fd < 0) {
      throw new ErrnoException("pidfd_open", Integer.toString(pid), (int) -fd);
    }
    return new Pidfd(Fd.own(fd));
  }

  /** For {@link Epoll}: readable once the process has ended. */
  public Fd fd() {
    return fd;
  }

  /**
   * Sends a signal.
   *
   * @param signal its number; 0 only asks whether the process is there
   * @throws ErrnoException ESRCH where it has ended
   */
  public void send(int signal) throws ErrnoException {
    long result = Kernel.raw(Syscall.PIDFD_SEND_SIGNAL, fd.number(), signal, 0, 0, 0);
    if (result < 0) {
      throw new ErrnoException("pidfd_send_signal", fd + ", " + signal, (int) -result);
    }
  }

  /**
   * Sends a signal to the process and the others of the process group it leads; where the kernel
   * cannot do that (before Linux 6.9), to the process alone.
   */
  public void sendToGroup(int signal) throws ErrnoException {
    long result =
        Kernel.raw(
            Syscall.PIDFD_SEND_SIGNAL, fd.number(), signal, 0, PIDFD_SIGNAL_PROCESS_GROUP, 0);
    if (result == -Errno.EINVAL) {
      send(signal);
    } else if (result < 0) {
      throw new ErrnoException(
          "pidfd_send_signal", fd + ", " + signal + ", PIDFD_SIGNAL_PROCESS_GROUP", (int) -result);
    }
  }

  /** Whether it has not ended yet; one that has ended and is not reaped does not run. */
  public boolean isRunning() throws ErrnoException {
    return Readiness.await(fd, Epoll.IN, 0) == 0;
  }

  /**
   * Waits for a child that has ended, once: its pid is free from then on; null while it runs.
   *
   * @throws ErrnoException ECHILD where it is no child of this process or was waited for before
   */
  public @Nullable ExitStatus reap() throws ErrnoException {
    return Children.reap(fd);
  }

  /** Leaves the process as it is. */
  @Override
  public void close() {
    fd.close();
  }
}
