package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Memory;

/** Passes paths to the kernel, for which names are bytes and not text. */
final class KernelPath {
  private KernelPath() {}

  /**
   * Returns the zero-terminated path. A path with a zero byte is EINVAL: the kernel would take its
   * first part for the whole.
   */
  static Memory of(String call, byte[] path) throws ErrnoException {
    for (byte b : path) {
      if (b == 0) {
        throw new ErrnoException(call, "path=" + text(path) + ", with a zero byte", Errno.EINVAL);
      }
    }
    Memory memory = Memory.allocate(path.length + 1);
    memory.put(0, path, 0, path.length);
    return memory;
  }

  static String text(byte[] path) {
    return new String(path, UTF_8).replace('\0', '?');
  }
}
