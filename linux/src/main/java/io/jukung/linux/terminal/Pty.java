package io.jukung.linux.terminal;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.charset.StandardCharsets;

/**
 * Both ends of a new pseudo terminal (pty(7)); the owner closes each. The slave is opened through
 * the master and not by a path, which somebody could have replaced.
 */
public record Pty(Fd master, Fd slave) implements AutoCloseable {
  /** The ioctl that unlocks the slave of a master (ioctl_tty(2)). */
  public static final int TIOCSPTLCK = 0x40045431;

  /** The ioctl that opens the slave of a master (ioctl_tty(2)). */
  public static final int TIOCGPTPEER = 0x5441;

  private static final int O_RDWR_NOCTTY_CLOEXEC =
      OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
  private static final long DEVPTS_SUPER_MAGIC = 0x1cd1;

  public static Pty open() throws ErrnoException {
    return ofMaster(openMaster());
  }

  /**
   * Opens a pseudo terminal of the devpts that is mounted at /dev/pts below a root directory, so
   * that the processes under that root see it. They may have replaced any file there, so only files
   * of devpts itself are opened.
   *
   * @throws ErrnoException ENODEV if there is no devpts
   */
  public static Pty open(Fd root) throws ErrnoException {
    try (Fd devpts = Openat2.openDirectory(root, "dev/pts")) {
      requireDevpts(devpts);
      Fd master =
          Openat2.open(
              devpts,
              "ptmx".getBytes(StandardCharsets.US_ASCII),
              OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_NOFOLLOW,
              0);
      try {
        requireDevpts(master); // another file may be mounted on ptmx
      } catch (ErrnoException e) {
        master.close();
        throw e;
      }
      return ofMaster(master);
    }
  }

  private static void requireDevpts(Fd file) throws ErrnoException {
    if (FilesystemStatus.of(file).magic() != DEVPTS_SUPER_MAGIC) {
      throw new ErrnoException("open terminal", "/dev/pts is no devpts", Errno.ENODEV);
    }
  }

  private static Pty ofMaster(Fd master) throws ErrnoException {
    try {
      try (Memory unlocked = Memory.allocate(4)) {
        Terminal.ioctl(master, TIOCSPTLCK, "TIOCSPTLCK, 0", unlocked);
      }
      long slave =
          Kernel.raw(Syscall.IOCTL, master.number(), TIOCGPTPEER, O_RDWR_NOCTTY_CLOEXEC, 0, 0);
      if (slave < 0) {
        throw new ErrnoException("ioctl", master + ", TIOCGPTPEER", (int) -slave);
      }
      return new Pty(master, Fd.own(slave));
    } catch (ErrnoException e) {
      master.close();
      throw e;
    }
  }

  private static Fd openMaster() throws ErrnoException {
    try (Memory path = Memory.ofString("/dev/ptmx")) {
      long fd =
          Kernel.raw(Syscall.OPENAT, Fd.AT_FDCWD, path.address(), O_RDWR_NOCTTY_CLOEXEC, 0, 0);
      if (fd < 0) {
        throw new ErrnoException("openat", "/dev/ptmx, O_RDWR|O_NOCTTY", (int) -fd);
      }
      return Fd.own(fd);
    }
  }

  /** Closes both ends. */
  @Override
  public void close() {
    master.close();
    slave.close();
  }
}
