package io.jukung.linux.launch;

import static io.jukung.linux.fs.MemoryFile.MFD_CLOEXEC;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;

/** The memory file that a {@link ProgramImage} is executed from (memfd_create(2)). */
final class ImageFile {
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int MFD_EXEC = 0x10;
  private static final int F_ADD_SEALS = 1033;
  // F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE (fcntl(2))
  private static final int ALL_SEALS = 0xf;

  private ImageFile() {}

  /**
   * Makes an empty file that may be executed.
   *
   * @param name the name that /proc/PID/exe shows
   */
  static Fd create(String name) throws ErrnoException {
    try (Memory text = Memory.ofString(name)) {
      int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
      long fd = Kernel.raw(Syscall.MEMFD_CREATE, text.address(), flags | MFD_EXEC, 0, 0, 0);
      if (fd == -Errno.EINVAL) {
        // Kernels before 6.3 have no MFD_EXEC; every memfd is executable there.
        fd = Kernel.raw(Syscall.MEMFD_CREATE, text.address(), flags, 0, 0, 0);
      }
      if (fd < 0) {
        throw new ErrnoException("memfd_create", name, (int) -fd);
      }
      return Fd.own(fd);
    }
  }

  /** Writes the pieces of an image to their places. */
  static void write(Fd image, ProgramImage.Piece[] pieces) throws IOException {
    for (ProgramImage.Piece piece : pieces) {
      image.seek(piece.offset());
      image.write(piece.bytes());
    }
  }

  /** Seals the file: nobody can change its content or size any more. */
  static void seal(Fd image) throws ErrnoException {
    Kernel.call(Syscall.FCNTL, () -> "memfd, F_ADD_SEALS", image.number(), F_ADD_SEALS, ALL_SEALS);
  }
}
