package io.jukung.linux.seccomp;

import io.jukung.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Makes the first instructions of a filter, which answer ENOSYS to system calls that are newer than
 * all calls in its profile.
 *
 * <p>C libraries try the newest call first, and fall back to an older one on ENOSYS, but not on
 * EPERM. The author of a profile cannot have meant to forbid calls that did not exist yet. Without
 * these instructions, programs fail as soon as their C library is newer than the profile.
 */
final class NewerCalls {
  private static final int X86_64 = 0xc000003e;
  private static final int X32 = 0x4000003e;
  private static final int ARM = 0x40000028;

  /** With the token of x86_64, call numbers from here on belong to x32 (asm/unistd_x32.h). */
  private static final int X32_BIT = 0x4000_0000;

  /**
   * Call numbers from here on are private calls of ARM, far above the others (asm/unistd.h,
   * __ARM_NR_BASE).
   */
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
   * Returns the instructions. The filter continues with the instructions that follow them.
   *
   * @param largest the largest call number in the profile, by architecture
   */
  static byte[] refuse(Map<Integer, Integer> largest) {
    ByteBuffer out =
        ByteBuffer.allocate(largest.size() * LONGEST * Filter.INSTRUCTION_SIZE)
            .order(ByteOrder.nativeOrder());
    largest.forEach(
        (architecture, number) -> {
          if (architecture == X32 || number < 0) {
            return; // x32 is handled with x86_64, whose token it shares; −1 means that no call is
            // known
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
   * Emits the instructions for one architecture.
   *
   * @param second the first number of another range of calls, unsigned
   * @param largestOfSecond the largest number in that range, −1 to let the range through
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
