package io.jukung.linux.launch;

import io.jukung.linux.libc.Arch;
import java.util.HexFormat;

/**
 * The assembled machine code of a launch. The source is in {@code src/main/asm}. {@code
 * MachineCodeTest} assembles the source, compares the bytes, and prints the new ones if they
 * differ.
 */
final class MachineCode {
  private MachineCode() {}

  /**
   * Returns the interpreter that runs the steps of a {@link Program} at a fixed address in an image
   * of its own.
   */
  static byte[] interpreter(Arch arch) {
    return switch (arch) {
      case X86_64 -> bytes(INTERPRETER_X86_64);
      case AARCH64 -> bytes(INTERPRETER_AARCH64);
    };
  }

  /** Returns the position-independent stub that clones a child, which executes an image at once. */
  static byte[] cloneStub(Arch arch) {
    return switch (arch) {
      case X86_64 -> bytes(CLONE_STUB_X86_64);
      case AARCH64 -> bytes(CLONE_STUB_AARCH64);
    };
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static final String INTERPRETER_X86_64 =
      "bb001041004c8da3100200004c8bab000200004c8bbb080200004901df4531f64883ec40"
          + "48c704240000000048c74424080000000048c74424100000000048c74424180000000041"
          + "b9400000004489cf4889e631d241ba08000000b80d0000000f0541ffc975e64d39ee0f83"
          + "fe00000031c9498b44cc08410fb6540c3883fa017506488b04c3eb0883fa0275034c01f8"
          + "488904ccffc183f90672d7488b3c24488b742408488b5424104c8b5424184c8b4424204c"
          + "8b4c2428498b04240f05483d01f0ffff7355498b4c24504883f9ff740c4839c87407b847"
          + "000000eb7041807c24420074094885c07404f7d8eb5f410fb64c244081f9ff0000007413"
          + "41807c244100740748c7c0ffffffff488904cb4983c45849ffc6e94cffffff48f7d8498b"
          + "4c24480fb6d185d2742381faff000000740a39c2740648c1e908ebe7410fb64c24434901"
          + "ce6bc9584901ccebc244893424894424048b7b184889e6ba08000000b8010000000f05bf"
          + "7f000000eb0231ffb8e70000000f05f4";

  private static final String INTERPRETER_AARCH64 =
      "3308a0d273064091750241f9770641f9f702138b74420891160080d2ff0301d1ff7f00a9"
          + "ff7f01a9090880d2e00309aae1030091020080d2030180d2c81080d2010000d4290500f1"
          + "21ffff54df0215ebe2080054090080d28a0e098b4b0540f98a02098b4ce140399f050071"
          + "610000546b7a6bf8040000149f090071410000546b01178bea0300914b7929f829050091"
          + "3f1900f123feff54e00740a9e20f41a9e41742a9880240f9010000d41ffc3fb1e2020054"
          + "892a40f93f0500b1a00000541f0009eb60000054e00880d21f000014890a413989000034"
          + "600000b4e003004b1a000014890241393ffd0371a00000548a0641394a00003400008092"
          + "607a29f894620191d6060091d1ffff17e00300cb892640f92a1d40928a0100b45ffd03f1"
          + "a00000545f0100eb6000005429fd48d3f9ffff17890e4139d602098b0a0b80d234510a9b"
          + "efffff17f60300b9e00700b9600e40f9e1030091020180d2080880d2010000d4e00f80d2"
          + "02000014000080d2c80b80d2010000d4000020d4";

  private static final String CLONE_STUB_X86_64 =
      "4989f8498b38498b7008b8b30100000f054885c07401c3bf02000000498b703031d241ba"
          + "08000000b80e0000000f054d8b60384d8b68404d85ed741b498b3c24be0200000031d2b8"
          + "480000000f054983c40849ffcdebe04d89c6498b7e10498b7618498b56204d8b562841b8"
          + "00100000b8420100000f0548f7d849894648bf7f000000b8e70000000f05f4";

  private static final String CLONE_STUB_AARCH64 =
      "e90300aa200540a9683680d2010000d4400000b4c0035fd6400080d2211940f9020080d2"
          + "030180d2e81080d2010000d42aad43a90b0100b4408540f8410080d2020080d2280380d2"
          + "010000d46b0500d1f9ffff17200541a9220d42a9040082d2282380d2010000d4e00300cb"
          + "202500f9e00f80d2c80b80d2010000d4000020d4";
}
