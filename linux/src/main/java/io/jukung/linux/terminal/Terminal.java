package io.jukung.linux.terminal;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What can be asked of a terminal's descriptor (ioctl_tty(2)). */
public final class Terminal {
  private static final int TCGETS = 0x5401;
  private static final int TCSETS = 0x5402;
  private static final int TIOCGWINSZ = 0x5413;
  private static final int TIOCSWINSZ = 0x5414;
  private static final int WINSIZE_BYTES = 8;

  private Terminal() {}

  /** In characters; 0 by 0 where nobody has set it. */
  public record Size(int columns, int rows) {}

  /**
   * Its settings (termios(3)), as the kernel has them.
   *
   * @param words the four flag words and the control characters, struct termios of the kernel
   */
  public record Mode(byte[] words) {
    private static final int BYTES = 36;
    private static final int INPUT = 0;
    private static final int OUTPUT = 4;
    private static final int CONTROL = 8;
    private static final int LOCAL = 12;
    private static final int CHARACTERS = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    // As cfmakeraw(3) has it.
    private static final int INPUT_OFF = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int OPOST = 0x1;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    private static final int LOCAL_OFF = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    /** The same with nothing done to what passes: no echo, no lines, no signals. */
    public Mode raw() {
      ByteBuffer raw = ByteBuffer.wrap(words.clone()).order(ByteOrder.LITTLE_ENDIAN);
      raw.putInt(INPUT, raw.getInt(INPUT) & ~INPUT_OFF);
      raw.putInt(OUTPUT, raw.getInt(OUTPUT) & ~OPOST);
      raw.putInt(CONTROL, (raw.getInt(CONTROL) & ~CSIZE_PARENB) | CS8);
      raw.putInt(LOCAL, raw.getInt(LOCAL) & ~LOCAL_OFF);
      raw.put(CHARACTERS + VMIN, (byte) 1).put(CHARACTERS + VTIME, (byte) 0);
      return new Mode(raw.array());
    }
  }

  /**
   * The settings in force.
   *
   * @throws ErrnoException ENOTTY where it is no terminal
   */
  public static Mode mode(Fd terminal) throws ErrnoException {
    try (Memory termios = Memory.allocate(2 * Mode.BYTES)) {
      ioctl(terminal, TCGETS, "TCGETS", termios);
      return new Mode(termios.getBytes(0, Mode.BYTES));
    }
  }

  /** Puts settings in force, at once. */
  public static void setMode(Fd terminal, Mode mode) throws ErrnoException {
    try (Memory termios = Memory.allocate(2 * Mode.BYTES)) {
      termios.put(0, mode.words(), 0, Mode.BYTES);
      ioctl(terminal, TCSETS, "TCSETS", termios);
    }
  }

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
