package io.jukung.linux.libc;

import com.kenai.jffi.MemoryIO;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;

/** Position-independent machine code in memory that is executable and not writable. */
public final class ExecutableCode {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

  private final long address;

  private ExecutableCode(long address) {
    this.address = address;
  }

  /** Maps the code for the life of the process. */
  public static ExecutableCode load(byte[] code) throws ErrnoException {
    long address =
        JffiSyscalls.mmapAnonymous(code.length, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS);
    if (address < 0 && address > -4096) {
      throw new ErrnoException("mmap", "length=" + code.length, (int) -address);
    }
    MemoryIO.getInstance().putByteArray(address, code, 0, code.length);
    long result = Kernel.raw(Syscall.MPROTECT, address, code.length, PROT_READ | PROT_EXEC, 0, 0);
    if (result < 0) {
      throw new ErrnoException(
          "mprotect", "length=" + code.length + ", prot=READ|EXEC", (int) -result);
    }
    if (address == 0) {
      throw new ErrnoException("mmap", "length=" + code.length, Errno.EFAULT);
    }
    return new ExecutableCode(address);
  }

  long address() {
    return address;
  }
}
