package io.jukung.linux.io;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;

/**
 * A file without a name (memfd_create(2)): input of any size for another process, which no reader
 * has to wait for.
 */
public final class MemoryFile {
  private static final int MFD_CLOEXEC = 1;
  private static final int SEEK_SET = 0;

  private MemoryFile() {}

  /**
   * A file with this content, positioned at its start.
   *
   * @param name shown in /proc/PID/fd; for people only
   */
  public static Fd of(String name, byte[] content) throws IOException {
    try (Memory text = Memory.ofString(name)) {
      Fd file =
          Fd.own(Kernel.call(Syscall.MEMFD_CREATE, () -> name, text.address(), MFD_CLOEXEC, 0));
      try {
        file.write(content);
        Kernel.call(Syscall.LSEEK, () -> name + ", 0", file.number(), 0, SEEK_SET);
        return file;
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    }
  }
}
