package io.jukung.linux.seccomp;

import io.jukung.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * The head of a filter that answers ENOSYS to system calls newer than all that its profile names.
 *
 * <p>C libraries try the newest call first and fall back to an older one on ENOSYS, not on EPERM.
 * Who wrote a profile cannot have meant to forbid what was not there yet; without this, programs
 * fail on the day their C library is newer than the profile.
 */
final class NewerCalls {
  private static final int X86_64 = 0xc000003e;
  private static final int X32 = 0x4000003e;
  private static final int ARM = 0x40000028;

  /** On X86_64's token, numbers from here on are those of x32 (asm/unistd_x32.h). */
  private static final int X32_BIT = 0x4000_0000;

  /** From here on are ARM's own calls, far above the others (asm/unistd.h, __ARM_NR_BASE). */
  private static final int ARM_PRIVATE = 0x0f_0000;

  // struct seccomp_data, and classic BPF (linux/filter.h)
  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int LOAD_WORD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int JUMP_IF_GREATER = 0x25;
  private static final int JUMP_IF_NOT_LESS = 0x35;
  private static final int RETURN = 0x06;
  private static final int ERRNO_ENOSYS = 0x0005_0000 | Errno.ENOSYS;

  private static final int LONGEST = 8;

  private NewerCalls() {}

  /**
   * The instructions; they run on into whatever follows them.
   *
   * @param largest the largest number that is named, by architecture
   */
  static byte[] refuse(Map<Integer, Integer> largest) {
    ByteBuffer out =
        ByteBuffer.allocate(largest.size() * LONGEST * Filter.INSTRUCTION_SIZE)
            .order(ByteOrder.nativeOrder());
    largest.forEach(
        (architecture, number) -> {
          if (architecture == X32 || number < 0) {
            return; // of one token with X86_64; or nothing is known
          }
          switch (architecture) {
            case X86_64 ->
                refuse(out, architecture, number, X32_BIT, largest.getOrDefault(X32, -1));
            case ARM -> refuse(out, architecture, number, ARM_PRIVATE, -1);
            default -> refuse(out, architecture, number, Integer.MIN_VALUE, -1);
          }
        });
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  /**
   * One architecture.
   *
   * @param second where another range of numbers begins, unsigned
   * @param largestOfSecond the largest of that range, -1 to leave it alone
   */
  private static void refuse(
      ByteBuffer out, int architecture, int largest, int second, int largestOfSecond) {
    int tail = largestOfSecond < 0 ? 0 : 2;
    instruction(out, LOAD_WORD, 0, 0, ARCHITECTURE);
    instruction(out, JUMP_IF_EQUAL, 0, 4 + tail, architecture);
    instruction(out, LOAD_WORD, 0, 0, NUMBER);
    instruction(out, JUMP_IF_NOT_LESS, 2, 0, second);
    instruction(out, JUMP_IF_GREATER, 0, 1 + tail, largest);
    instruction(out, RETURN, 0, 0, ERRNO_ENOSYS);
    if (tail > 0) {
      instruction(out, JUMP_IF_GREATER, 0, 1, largestOfSecond);
      instruction(out, RETURN, 0, 0, ERRNO_ENOSYS);
    }
  }

  private static void instruction(ByteBuffer out, int code, int ifTrue, int ifFalse, int k) {
    out.putShort((short) code).put((byte) ifTrue).put((byte) ifFalse).putInt(k);
  }
}
