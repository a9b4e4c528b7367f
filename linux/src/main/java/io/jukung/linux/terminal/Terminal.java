package io.jukung.linux.terminal;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Operations on the descriptor of a terminal (ioctl_tty(2)). */
public final class Terminal {
  private static final int TCGETS = 0x5401;
  private static final int TCSETS = 0x5402;
  private static final int TIOCGWINSZ = 0x5413;
  private static final int TIOCSWINSZ = 0x5414;
  private static final int WINSIZE_BYTES = 8;

  private Terminal() {}

  /** The size in characters; 0 by 0 if it was never set. */
  public record Size(int columns, int rows) {}

  /**
   * The settings of a terminal (termios(3)), in the kernel's form.
   *
   * @param words the kernel's struct termios: four flag words and the control characters
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

    // The flags that cfmakeraw(3) clears and sets.
    private static final int INPUT_OFF = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int OPOST = 0x1;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    private static final int LOCAL_OFF = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    /** Returns these settings in raw mode: no echo, no line editing, no signals. */
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
   * Returns the present settings.
   *
   * @throws ErrnoException ENOTTY if the descriptor is not a terminal
   */
  public static Mode mode(Fd terminal) throws ErrnoException {
    try (Memory termios = Memory.allocate(2 * Mode.BYTES)) {
      ioctl(terminal, TCGETS, "TCGETS", termios);
      return new Mode(termios.getBytes(0, Mode.BYTES));
    }
  }

  /** Changes the settings at once. */
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
   * Sets the size, for both ends of a pseudo terminal. The foreground processes get SIGWINCH.
   *
   * @throws IllegalArgumentException if a dimension does not fit into 16 bits
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
