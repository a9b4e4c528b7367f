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
 * A descriptor of a process, which unlike a pid never stands for another process later
 * (pidfd_open(2)). It becomes readable when the process ends.
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
   * @throws ErrnoException ESRCH if there is no such process
   */
  public static Pidfd open(int pid) throws ErrnoException {
    long fd = Kernel.raw(Syscall.PIDFD_OPEN, pid, 0, 0, 0, 0);
    if (fd < 0) {
      throw new ErrnoException("pidfd_open", Integer.toString(pid), (int) -fd);
    }
    return new Pidfd(Fd.own(fd));
  }

  /** Returns the descriptor for {@link Epoll}, which is readable once the process has ended. */
  public Fd fd() {
    return fd;
  }

  /**
   * Sends a signal.
   *
   * @param signal the signal's number; 0 only checks whether the process exists
   * @throws ErrnoException ESRCH if the process has ended
   */
  public void send(int signal) throws ErrnoException {
    long result = Kernel.raw(Syscall.PIDFD_SEND_SIGNAL, fd.number(), signal, 0, 0, 0);
    if (result < 0) {
      throw new ErrnoException("pidfd_send_signal", fd + ", " + signal, (int) -result);
    }
  }

  /**
   * Sends a signal to all processes of the group that this process leads. On kernels before 6.9
   * only the process itself gets the signal.
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

  /**
   * Whether the process has not ended. A process that has ended and has not been reaped does not
   * run.
   */
  public boolean isRunning() throws ErrnoException {
    return Readiness.await(fd, Epoll.IN, 0) == 0;
  }

  /**
   * Reaps the process, a child that has ended, after which its pid may be reused. Returns null
   * while it runs.
   *
   * @throws ErrnoException ECHILD if it is not a child of this process or has been reaped
   */
  public @Nullable ExitStatus reap() throws ErrnoException {
    return Children.reap(fd);
  }

  /** Closes the descriptor; the process goes on. */
  @Override
  public void close() {
    fd.close();
  }
}
