package io.jukung.linux.fs;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;

/**
 * Makes files without a name (memfd_create(2)), which pass input of any size to another process
 * without a writer that has to wait for the reader.
 */
public final class MemoryFile {
  public static final int MFD_CLOEXEC = 1;

  private MemoryFile() {}

  /**
   * Makes a file with this content; its position is the start.
   *
   * @param name the name that /proc/PID/fd shows, for diagnosis only
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
