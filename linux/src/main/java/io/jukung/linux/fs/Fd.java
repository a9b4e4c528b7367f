package io.jukung.linux.fs;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.util.Objects;

/**
 * The owner of an open file descriptor. {@link #close} closes the descriptor once; closing again
 * does nothing, also from another thread. Descriptors are opened close-on-exec.
 */
public final class Fd implements AutoCloseable {
  /** Stands for the current directory in calls that take a directory descriptor (openat(2)). */
  public static final int AT_FDCWD = -100;

  /** close_range(2): sets close-on-exec on the descriptors of the range instead of closing them. */
  public static final int CLOSE_RANGE_CLOEXEC = 4;

  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int SEEK_SET = 0;
  private static final int SEEK_END = 2;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private int number;

  private Fd(int number) {
    this.number = number;
  }

  /** Takes ownership of a descriptor that a system call has returned. */
  public static Fd own(long number) {
    if (number < 0 || number > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a file descriptor: " + number);
    }
    return new Fd((int) number);
  }

  /** Returns an owner of no descriptor, as one that is closed. */
  public static Fd none() {
    return new Fd(-1);
  }

  /** Returns the number; an error if this object is closed. */
  public synchronized int number() {
    if (number < 0) {
      throw new IllegalStateException("file descriptor used after close");
    }
    return number;
  }

  /** Returns a second descriptor of the same open file. */
  public Fd duplicate() throws ErrnoException {
    int source = number();
    return own(
        Kernel.call(Syscall.FCNTL, () -> source + ", F_DUPFD_CLOEXEC", source, F_DUPFD_CLOEXEC, 3));
  }

  /** Gives the descriptor to the caller: this object does not close it any more. */
  public synchronized int release() {
    int released = number();
    number = -1;
    return released;
  }

  /** Moves the file's position to {@code offset} bytes from its start (lseek(2)). */
  public void seek(long offset) throws ErrnoException {
    int fd = number();
    Kernel.call(Syscall.LSEEK, () -> fd + ", " + offset, fd, offset, SEEK_SET);
  }

  /** Moves the file's position to its end and returns it: the size of the file. */
  public long seekToEnd() throws ErrnoException {
    int fd = number();
    return Kernel.call(Syscall.LSEEK, () -> fd + ", SEEK_END", fd, 0, SEEK_END);
  }

  /**
   * Moves the file's position to the next byte that is not in a hole (lseek(2), SEEK_DATA).
   *
   * @return the position; -1 if there are only holes from the offset on
   */
  public long seekData(long offset) throws ErrnoException {
    int fd = number();
    try {
      return Kernel.call(
          Syscall.LSEEK, () -> fd + ", " + offset + ", SEEK_DATA", fd, offset, SEEK_DATA);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENXIO)) {
        return -1;
      }
      throw e;
    }
  }

  /**
   * Moves the file's position to the next hole (lseek(2), SEEK_HOLE), which may be the end of the
   * file.
   *
   * @param offset lies before the end of the file
   */
  public long seekHole(long offset) throws ErrnoException {
    int fd = number();
    return Kernel.call(
        Syscall.LSEEK, () -> fd + ", " + offset + ", SEEK_HOLE", fd, offset, SEEK_HOLE);
  }

  /**
   * Reads at most {@code length} bytes at the file's position (read(2)).
   *
   * @return the number of bytes read, 0 at the end of the file
   */
  public int read(byte[] target, int offset, int length) throws IOException {
    int fd = number();
    try (Memory buffer = Memory.allocate(length)) {
      int count =
          (int) Kernel.call(Syscall.READ, () -> Integer.toString(fd), fd, buffer.address(), length);
      buffer.get(0, target, offset, count);
      return count;
    }
  }

  /** Writes all of {@code source} (write(2)). */
  public void write(byte[] source) throws IOException {
    int fd = number();
    try (Memory buffer = Memory.ofBytes(source)) {
      int done = 0;
      while (done < source.length) {
        int left = source.length - done;
        done +=
            (int)
                Kernel.call(
                    Syscall.WRITE,
                    () -> fd + ", " + left + " bytes",
                    fd,
                    buffer.address() + done,
                    left);
      }
    }
  }

  /** Writes all of a part of native memory (write(2)) without copying it. */
  public void write(Memory source, int offset, int length) throws ErrnoException {
    Objects.checkFromIndexSize(offset, length, source.size());
    int fd = number();
    int done = 0;
    while (done < length) {
      int left = length - done;
      done +=
          (int)
              Kernel.call(
                  Syscall.WRITE,
                  () -> fd + ", " + left + " bytes",
                  fd,
                  source.address() + offset + done,
                  left);
    }
  }

  /** Returns the path of this descriptor in /proc, for calls that only take a path. */
  public String procPath() {
    return "/proc/self/fd/" + number();
  }

  @Override
  public synchronized void close() {
    if (number >= 0) {
      // close(2) frees the descriptor even if it reports an error. A second attempt could close a
      // descriptor that another thread has opened since.
      Kernel.raw(Syscall.CLOSE, number, 0, 0, 0, 0);
      number = -1;
    }
  }

  @Override
  public synchronized String toString() {
    return number < 0 ? "fd(closed)" : "fd " + number;
  }
}
