package io.jukung.linux.launch;

import io.jukung.linux.libc.Arch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Builds a static ELF executable (elf(5)) of the interpreter and one program: a code segment, and a
 * data segment with registers, steps and data, both at fixed addresses.
 */
final class ProgramImage {
  private static final long CODE_ADDRESS = 0x400000;
  // The distance of code and data is compatible with pages of 64 KiB, in the file and in memory.
  private static final int DATA_FILE_OFFSET = 0x1000;
  private static final long DATA_ADDRESS = 0x411000;
  private static final int REGISTERS_SIZE = Register.COUNT * 8;
  private static final int STEPS_OFFSET = REGISTERS_SIZE + 16;

  // The steps come first in the segment. With a fixed limit of steps, the address of the data does
  // not depend on their number.
  private static final int MAX_STEPS = 4096;
  private static final int PROGRAM_DATA_OFFSET = STEPS_OFFSET + MAX_STEPS * Program.STEP_SIZE;

  private static final int ELF_HEADER_SIZE = 64;
  private static final int PROGRAM_HEADER_SIZE = 56;
  private static final int CODE_OFFSET = ELF_HEADER_SIZE + 3 * PROGRAM_HEADER_SIZE;
  private static final int EM_X86_64 = 62;
  private static final int EM_AARCH64 = 183;
  private static final int PT_LOAD = 1;
  private static final int PT_GNU_STACK = 0x6474e551;
  private static final int PF_X = 1;
  private static final int PF_W = 2;
  private static final int PF_R = 4;

  private ProgramImage() {}

  /** Returns the address of a program's data while the interpreter runs the program. */
  static long dataAddress() {
    return DATA_ADDRESS + PROGRAM_DATA_OFFSET;
  }

  /** A piece of the image and its place in the file. Between the pieces are zeros. */
  record Piece(int offset, byte[] bytes) {}

  /**
   * Returns the pieces of the image: header and code, registers and steps, data.
   *
   * @param encoded a program, see {@link Program#encode}
   * @param registers the initial values of the registers, {@link Register#COUNT} of them
   */
  static Piece[] build(Arch arch, byte[] encoded, long[] registers) {
    ByteBuffer program = Program.decode(encoded);
    Piece[] beginning = begin(arch, program, registers);
    int dataStart = Program.dataOffset(encoded);
    return new Piece[] {
      beginning[0],
      beginning[1],
      new Piece(dataFileOffset(), Arrays.copyOfRange(encoded, dataStart, encoded.length))
    };
  }

  /** Returns the place of a program's data in the file of the image. */
  static int dataFileOffset() {
    return DATA_FILE_OFFSET + PROGRAM_DATA_OFFSET;
  }

  /**
   * Returns the pieces of the image before the data.
   *
   * @param program a decoded program, with or without its data
   */
  static Piece[] begin(Arch arch, ByteBuffer program, long[] registers) {
    int steps = program.getInt(4);
    int dataLength = program.getInt(8);
    if (steps > MAX_STEPS) {
      throw new IllegalArgumentException(
          "launch program of " + steps + " steps; at most " + MAX_STEPS);
    }
    int stepsLength = steps * Program.STEP_SIZE;
    ByteBuffer table =
        ByteBuffer.allocate(STEPS_OFFSET + stepsLength).order(ByteOrder.LITTLE_ENDIAN);
    for (long register : registers) {
      table.putLong(register);
    }
    table.putLong(steps).putLong(PROGRAM_DATA_OFFSET);
    table.put(program.slice(Program.HEADER_SIZE, stepsLength));
    return new Piece[] {
      new Piece(0, head(arch, PROGRAM_DATA_OFFSET + dataLength)),
      new Piece(DATA_FILE_OFFSET, table.array())
    };
  }

  private static byte[] head(Arch arch, int dataSegmentLength) {
    byte[] code = MachineCode.interpreter(arch);
    ByteBuffer out = ByteBuffer.allocate(CODE_OFFSET + code.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    out.putShort((short) 2); // ET_EXEC
    out.putShort(
        (short)
            switch (arch) {
              case X86_64 -> EM_X86_64;
              case AARCH64 -> EM_AARCH64;
            });
    out.putInt(1).putLong(CODE_ADDRESS + CODE_OFFSET); // version, entry
    out.putLong(ELF_HEADER_SIZE).putLong(0).putInt(0); // program headers, sections, flags
    out.putShort((short) ELF_HEADER_SIZE).putShort((short) PROGRAM_HEADER_SIZE).putShort((short) 3);
    out.putShort((short) 64).putShort((short) 0).putShort((short) 0);
    segment(out, PT_LOAD, PF_R | PF_X, 0, CODE_ADDRESS, CODE_OFFSET + code.length);
    segment(out, PT_LOAD, PF_R | PF_W, DATA_FILE_OFFSET, DATA_ADDRESS, dataSegmentLength);
    segment(out, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0);
    return out.put(code).array();
  }

  private static void segment(
      ByteBuffer out, int type, int flags, long offset, long address, long length) {
    out.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address);
    out.putLong(length).putLong(length).putLong(type == PT_LOAD ? 0x1000 : 16);
  }
}
