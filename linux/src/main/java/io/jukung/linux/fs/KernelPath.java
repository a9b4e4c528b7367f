package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Memory;

/** Path bytes on their way to the kernel: names are bytes there, not text. */
final class KernelPath {
  private KernelPath() {}

  /** Zero-terminated. A zero inside would silently name another file, so it is refused. */
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
