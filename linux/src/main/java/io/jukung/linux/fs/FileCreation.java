package io.jukung.linux.fs;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;

/** Creates files as another user, with all rights that the calling thread has (setfsuid(2)). */
public final class FileCreation {
  /** The form of the sets with 64 capabilities, _LINUX_CAPABILITY_VERSION_3 (capget(2)). */
  private static final int VERSION_3 = 0x20080522;

  private static final int HEADER_BYTES = 8;
  private static final int SETS_BYTES = 24;

  private FileCreation() {}

  /** System calls that create one file. */
  @FunctionalInterface
  public interface Creation<T> {
    T run() throws IOException;
  }

  /**
   * Runs the creation with the ids of another user for files.
   *
   * @param uid must not be that of the calling thread
   * @param creation must make system calls only: a thread that is started meanwhile, be it to carry
   *     a virtual thread, would keep the ids
   */
  public static <T> T as(int uid, int gid, Creation<T> creation) throws IOException {
    try (Memory header = Memory.allocate(HEADER_BYTES);
        Memory sets = Memory.allocate(SETS_BYTES)) {
      header.putInt(0, VERSION_3);
      Kernel.call(Syscall.CAPGET, () -> "this thread", header.address(), sets.address(), 0);
      long group = Kernel.raw(Syscall.SETFSGID, gid, 0, 0, 0, 0);
      long user = Kernel.raw(Syscall.SETFSUID, uid, 0, 0, 0, 0);
      try {
        // The kernel has taken the capabilities for files, which are needed as before.
        Kernel.call(Syscall.CAPSET, () -> "this thread", header.address(), sets.address(), 0);
        return creation.run();
      } finally {
        restore(user, group);
      }
    }
  }

  /** Neither call can report an error; both return the id that was there before. */
  private static void restore(long user, long group) throws ErrnoException {
    var _ = Kernel.raw(Syscall.SETFSUID, user, 0, 0, 0, 0);
    var _ = Kernel.raw(Syscall.SETFSGID, group, 0, 0, 0, 0);
  }
}
