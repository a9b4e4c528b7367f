package io.jukung.linux.io;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** Both ends of a pipe(7), blocking; the caller owns each. */
public record Pipe(Fd reader, Fd writer) implements AutoCloseable {
  public static Pipe open() throws ErrnoException {
    try (Memory ends = Memory.allocate(8)) {
      long result = Kernel.raw(Syscall.PIPE2, ends.address(), O_CLOEXEC, 0, 0, 0);
      if (result < 0) {
        throw new ErrnoException("pipe2", "O_CLOEXEC", (int) -result);
      }
      return new Pipe(Fd.own(ends.getInt(0)), Fd.own(ends.getInt(4)));
    }
  }

  /** Closes both ends. */
  @Override
  public void close() {
    reader.close();
    writer.close();
  }
}
