package io.jukung.linux.fs;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;

/**
 * A file without a name (memfd_create(2)): input of any size for another process, which no reader
 * has to wait for.
 */
public final class MemoryFile {
  public static final int MFD_CLOEXEC = 1;

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
        file.seek(0);
        return file;
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    }
  }
}
