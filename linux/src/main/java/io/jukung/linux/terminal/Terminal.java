package io.jukung.linux.terminal;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** What can be asked of a terminal's descriptor (ioctl_tty(2)). */
public final class Terminal {
  private static final int TIOCGWINSZ = 0x5413;
  private static final int TIOCSWINSZ = 0x5414;
  private static final int WINSIZE_BYTES = 8;

  private Terminal() {}

  /** In characters; 0 by 0 where nobody has set it. */
  public record Size(int columns, int rows) {}

  public static Size size(Fd terminal) throws ErrnoException {
    try (Memory winsize = Memory.allocate(WINSIZE_BYTES)) {
      ioctl(terminal, TIOCGWINSZ, "TIOCGWINSZ", winsize);
      return new Size(winsize.getShort(2) & 0xffff, winsize.getShort(0) & 0xffff);
    }
  }

  /**
   * Sets the size, seen at both ends of a pseudo terminal; the foreground processes get SIGWINCH.
   *
   * @throws IllegalArgumentException where the size has more than 16 bits
   */
  public static void resize(Fd terminal, Size size) throws ErrnoException {
    if (size.columns >>> Short.SIZE != 0 || size.rows >>> Short.SIZE != 0) {
      throw new IllegalArgumentException("terminal of " + size.columns + " by " + size.rows);
    }
    try (Memory winsize = Memory.allocate(WINSIZE_BYTES)) {
      winsize.putShort(0, size.rows).putShort(2, size.columns);
      ioctl(terminal, TIOCSWINSZ, "TIOCSWINSZ", winsize);
    }
  }

  static long ioctl(Fd terminal, int request, String name, Memory argument) throws ErrnoException {
    long result = Kernel.raw(Syscall.IOCTL, terminal.number(), request, argument.address(), 0, 0);
    if (result < 0) {
      throw new ErrnoException("ioctl", terminal + ", " + name, (int) -result);
    }
    return result;
  }
}
