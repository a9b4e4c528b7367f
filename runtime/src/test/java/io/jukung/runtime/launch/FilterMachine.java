package io.jukung.runtime.launch;

import io.jukung.linux.seccomp.Filter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Runs seccomp filters like the kernel: interprets the classic BPF instructions that they use. */
final class FilterMachine {
  static final int X86_64 = 0xc000003e;
  static final int I386 = 0x40000003;
  static final int AARCH64 = 0xc00000b7;
  static final int X32_BIT = 0x40000000;

  static final int ALLOW = 0x7fff0000;
  static final int ERRNO = 0x00050000;

  private final Filter filter;

  FilterMachine(Filter filter) {
    this.filter = filter;
  }

  /** The action that the filter returns for a system call on an architecture. */
  int decide(int architecture, int number, long... arguments) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(number).putInt(architecture).putLong(0);
    for (long argument : arguments) {
      data.putLong(argument);
    }
    ByteBuffer code = ByteBuffer.wrap(filter.instructions()).order(ByteOrder.nativeOrder());
    int accumulator = 0;
    for (int at = 0; ; at++) {
      int base = at * Filter.INSTRUCTION_SIZE;
      int ifTrue = code.get(base + 2) & 0xff;
      int ifFalse = code.get(base + 3) & 0xff;
      int k = code.getInt(base + 4);
      int order = Integer.compareUnsigned(accumulator, k);
      switch (code.getShort(base)) {
        case 0x20 -> accumulator = data.getInt(k);
        case 0x54 -> accumulator &= k;
        case 0x05 -> at += k;
        case 0x15 -> at += order == 0 ? ifTrue : ifFalse;
        case 0x25 -> at += order > 0 ? ifTrue : ifFalse;
        case 0x35 -> at += order >= 0 ? ifTrue : ifFalse;
        case 0x06 -> {
          return k;
        }
        default -> throw new IllegalStateException("instruction " + code.getShort(base));
      }
    }
  }
}
