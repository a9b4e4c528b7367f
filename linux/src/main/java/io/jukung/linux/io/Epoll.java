package io.jukung.linux.io;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/**
 * An epoll(7) instance, level-triggered. {@link #await}, {@link #events} and {@link #token} belong
 * to one thread; the other methods may be called by any, also while it waits.
 */
public final class Epoll implements AutoCloseable {
  public static final int IN = 0x1;
  public static final int OUT = 0x4;

  /** Reported always, whether asked for or not, as is {@link #HUP}. */
  public static final int ERR = 0x8;

  public static final int HUP = 0x10;

  /** A timeout that never ends. */
  public static final int FOREVER = -1;

  private static final int EPOLL_CLOEXEC = 0x80000;
  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLL_CTL_DEL = 2;
  private static final int EPOLL_CTL_MOD = 3;

  // struct epoll_event is packed on x86_64 only (sys/epoll.h).
  private static final int TOKEN_OFFSET = Arch.CURRENT == Arch.X86_64 ? 4 : 8;
  private static final int EVENT_SIZE = TOKEN_OFFSET + 8;

  private final Fd epoll;
  private final Memory ready;
  private final int maxEvents;

  private Epoll(Fd epoll, int maxEvents) {
    this.epoll = epoll;
    this.maxEvents = maxEvents;
    this.ready = Memory.allocate(maxEvents * EVENT_SIZE);
  }

  /**
   * Opens an instance that watches no descriptor.
   *
   * @param maxEvents how many events one {@link #await} reports at most
   */
  public static Epoll create(int maxEvents) throws ErrnoException {
    long fd = Kernel.raw(Syscall.EPOLL_CREATE1, EPOLL_CLOEXEC, 0, 0, 0, 0);
    if (fd < 0) {
      throw new ErrnoException("epoll_create1", "EPOLL_CLOEXEC", (int) -fd);
    }
    return new Epoll(Fd.own(fd), maxEvents);
  }

  /**
   * Adds a descriptor.
   *
   * @param token the value that {@link #token} returns when the descriptor is ready
   */
  public void add(Fd fd, int events, long token) throws ErrnoException {
    control(EPOLL_CTL_ADD, "ADD", fd, events, token);
  }

  public void modify(Fd fd, int events, long token) throws ErrnoException {
    control(EPOLL_CTL_MOD, "MOD", fd, events, token);
  }

  /** Removes a descriptor. Events that {@link #await} has already reported are not taken back. */
  public void remove(Fd fd) throws ErrnoException {
    control(
        EPOLL_CTL_DEL,
        "DEL",
        fd,
        0); // allocates no memory, so that removal never fails for lack of it
  }

  private void control(int operation, String name, Fd fd, int events, long token)
      throws ErrnoException {
    try (Memory event = Memory.allocate(EVENT_SIZE)) {
      event.putInt(0, events).putLong(TOKEN_OFFSET, token);
      control(operation, name, fd, event.address());
    }
  }

  private void control(int operation, String name, Fd fd, long event) throws ErrnoException {
    long result = Kernel.raw(Syscall.EPOLL_CTL, epoll.number(), operation, fd.number(), event, 0);
    if (result < 0) {
      throw new ErrnoException("epoll_ctl", name + ", " + fd, (int) -result);
    }
  }

  /**
   * Waits until a descriptor is ready.
   *
   * @return the number of events; 0 after the timeout or a signal
   */
  public int await(int timeoutMillis) throws ErrnoException {
    long count =
        Kernel.raw(
            Syscall.EPOLL_PWAIT, epoll.number(), ready.address(), maxEvents, timeoutMillis, 0);
    if (count == -Errno.EINTR) {
      return 0;
    }
    if (count < 0) {
      throw new ErrnoException("epoll_pwait", epoll.toString(), (int) -count);
    }
    return (int) count;
  }

  /** Returns the descriptor of the instance itself. */
  public Fd fd() {
    return epoll;
  }

  /** Returns the events that the descriptor of event {@code index} is ready for. */
  public int events(int index) {
    return ready.getInt(index * EVENT_SIZE);
  }

  public long token(int index) {
    return ready.getLong(index * EVENT_SIZE + TOKEN_OFFSET);
  }

  @Override
  public void close() {
    epoll.close();
    ready.close();
  }
}
