package io.jukung.linux.launch;

import io.jukung.linux.Errno;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.ByteBuffer;

/**
 * Runs a prepare program on the calling thread, with the semantics of the interpreter's machine
 * code. Unlike there, no step may fork, and structs are completed from registers.
 */
final class PreparedProgram {
  private static final Syscall[] BY_NUMBER = byNumber();

  private PreparedProgram() {}

  /**
   * Runs the steps in order.
   *
   * @param encoded a program, see {@link Program#encode}
   * @param registers the registers, which the steps read and write
   */
  static void run(byte[] encoded, long[] registers) throws LaunchFailure {
    ByteBuffer program = Program.decode(encoded);
    int steps = program.getInt(4);
    int dataLength = program.getInt(8);
    try (Memory data = Memory.allocate(dataLength)) {
      data.put(0, encoded, encoded.length - dataLength, dataLength);
      long[] arguments = new long[6];
      for (int index = 0; index < steps; index++) {
        int at = Program.HEADER_SIZE + index * Program.STEP_SIZE;
        if (program.get(at + 66) != 0) {
          throw new IllegalArgumentException("a step of a prepare program forks");
        }
        for (int i = 0; i < 6; i++) {
          long value = program.getLong(at + 8 + 8 * i);
          arguments[i] = argument(program.get(at + 56 + i), value, registers, data);
        }
        index += runStep(program, at, index, arguments, registers);
      }
    }
  }

  private static long argument(int kind, long value, long[] registers, Memory data) {
    return switch (kind) {
      case 0 -> value;
      case 1 -> registers[(int) value];
      case Program.KIND_COMPLETED -> {
        int offset = (int) value;
        data.putLong(offset + ((int) (value >>> 32) & 0xffff), registers[(int) (value >>> 48)]);
        yield data.address() + offset;
      }
      default -> data.address() + value;
    };
  }

  /** Runs a step; returns how many of the next steps are to be left out. */
  private static int runStep(
      ByteBuffer program, int at, int index, long[] arguments, long[] registers)
      throws LaunchFailure {
    Syscall call = BY_NUMBER[(int) program.getLong(at)];
    long result;
    do {
      result =
          Kernel.raw(call, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
    } while (result == -Errno.EINTR);
    if (result < 0 && result >= -4095) {
      if (!tolerates(program.getLong(at + 72), (int) -result)) {
        throw new LaunchFailure(LaunchFailure.Phase.PREPARE, index, (int) -result);
      }
      return program.get(at + 67) & 0xff;
    }
    long expected = program.getLong(at + 80);
    if (expected != Step.ANY_RESULT && expected != result) {
      throw new LaunchFailure(LaunchFailure.Phase.PREPARE, index, Errno.EPROTO);
    }
    int register = program.get(at + 64) & 0xff;
    if (register != Step.NO_REGISTER) {
      registers[register] = program.get(at + 65) == 0 ? result : -1;
    }
    return 0;
  }

  private static boolean tolerates(long tolerated, int errno) {
    for (long left = tolerated; (left & 0xff) != 0; left >>>= 8) {
      if ((left & 0xff) == Step.ANY_ERRNO || (left & 0xff) == errno) {
        return true;
      }
    }
    return false;
  }

  private static Syscall[] byNumber() {
    Syscall[] calls = new Syscall[512];
    for (Syscall call : Syscall.values()) {
      calls[call.number()] = call;
    }
    return calls;
  }
}
