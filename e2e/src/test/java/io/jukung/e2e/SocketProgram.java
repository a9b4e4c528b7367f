package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * A static program in machine code of x86, which calls socket(2) with any family and exits with the
 * error number, or with 0. A C library would cut the family to 32 bits.
 */
final class SocketProgram {
  private static final long BASE = 0x40_0000;
  private static final int CODE_OFFSET = 64 + 56;

  private SocketProgram() {}

  /** socket(family, SOCK_STREAM, 0) of 64-bit x86. */
  static byte[] x86(long family) {
    return elf(
        code(
            "b8 29000000", // mov eax, 41 (socket)
            "48 bf", // mov rdi, family
            little(family, Long.BYTES),
            "be 01000000", // mov esi, SOCK_STREAM
            "31 d2", // xor edx, edx
            "0f 05", // syscall
            "31 ff", // xor edi, edi
            "85 c0", // test eax, eax
            "79 04", // jns over the next two
            "89 c7", // mov edi, eax
            "f7 df", // neg edi
            "b8 3c000000", // mov eax, 60 (exit)
            "0f 05")); // syscall
  }

  private static String little(long value, int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return HexFormat.of().formatHex(buffer.putLong(value).array(), 0, bytes);
  }

  private static byte[] code(String... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String part : parts) {
      out.writeBytes(HexFormat.of().parseHex(part.replace(" ", "")));
    }
    return out.toByteArray();
  }

  private static byte[] elf(byte[] code) {
    int size = CODE_OFFSET + code.length;
    return ByteBuffer.allocate(size)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("\u007fELF".getBytes(US_ASCII))
        .put((byte) 2) // 64 bits
        .put((byte) 1) // little endian
        .put((byte) 1) // the version
        .position(16)
        .putShort((short) 2) // executable
        .putShort((short) 62) // x86_64
        .putInt(1)
        .putLong(BASE + CODE_OFFSET) // entry
        .putLong(64) // program headers
        .putLong(0)
        .putInt(0)
        .putShort((short) 64)
        .putShort((short) 56)
        .putShort((short) 1)
        .position(64)
        .putInt(1) // PT_LOAD
        .putInt(5) // readable, executable
        .putLong(0)
        .putLong(BASE)
        .putLong(BASE)
        .putLong(size)
        .putLong(size)
        .putLong(4096)
        .put(code)
        .array();
  }
}
