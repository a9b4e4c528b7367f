package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.manifest.Platform;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Says whether this node can run the programs of another platform: its processor, or an interpreter
 * such as qemu-user-static that is registered with the kernel (binfmt_misc,
 * Documentation/admin-guide/binfmt-misc.rst). The interpreter needs the flag F, by which the kernel
 * has opened it already: a container does not have its file.
 */
final class ForeignPrograms {
  private static final Path REGISTERED = Path.of("/proc/sys/fs/binfmt_misc");

  /** The part of an ELF header up to e_machine. */
  private static final int HEADER_BYTES = 20;

  /** Longer lines are not written by the kernel: it looks at the first 256 bytes of a program. */
  private static final int MAX_LINE = 1024;

  private static final int ET_EXEC = 2;
  private static final byte CLASS_32 = 1;
  private static final byte CLASS_64 = 2;

  private ForeignPrograms() {}

  /** The form of the programs of an architecture (elf(5)). */
  private record Form(byte bits, ByteOrder order, int machine) {
    byte[] header() {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(order);
      header.put(new byte[] {0x7f, 'E', 'L', 'F', bits});
      header.put((byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 2)).put((byte) 1);
      header.putShort(16, (short) ET_EXEC).putShort(18, (short) machine);
      return header.array();
    }
  }

  private static Optional<Form> form(String architecture) {
    return Optional.ofNullable(
        switch (architecture) {
          case "386" -> new Form(CLASS_32, ByteOrder.LITTLE_ENDIAN, 3);
          case "amd64" -> new Form(CLASS_64, ByteOrder.LITTLE_ENDIAN, 62);
          case "arm" -> new Form(CLASS_32, ByteOrder.LITTLE_ENDIAN, 40);
          case "arm64" -> new Form(CLASS_64, ByteOrder.LITTLE_ENDIAN, 183);
          case "loong64" -> new Form(CLASS_64, ByteOrder.LITTLE_ENDIAN, 258);
          case "mips64le" -> new Form(CLASS_64, ByteOrder.LITTLE_ENDIAN, 8);
          case "ppc64le" -> new Form(CLASS_64, ByteOrder.LITTLE_ENDIAN, 21);
          case "riscv64" -> new Form(CLASS_64, ByteOrder.LITTLE_ENDIAN, 243);
          case "s390x" -> new Form(CLASS_64, ByteOrder.BIG_ENDIAN, 22);
          default -> null;
        });
  }

  /**
   * Refuses a command of an image whose programs this node cannot run.
   *
   * @throws CriException FAILED_PRECONDITION
   */
  static void requireRunnable(Platform image) throws IOException {
    Platform own = Platform.current();
    if (!isRunnable(image, own, REGISTERED)) {
      throw CriException.failedPrecondition(
          "RUN needs programs of %s, and this node is %s: register an interpreter for them in"
                  .formatted(image, own)
              + " binfmt_misc with the flag F, as Debian's package qemu-user-static does");
    }
  }

  static boolean isRunnable(Platform image, Platform own, Path registered) throws IOException {
    String architecture = image.normalised().architecture();
    boolean isOwn = architecture.equals(own.architecture());
    boolean isOld = own.architecture().equals("amd64") && architecture.equals("386");
    Optional<Form> form = form(architecture);
    return isOwn || isOld || (form.isPresent() && isInterpreted(form.get().header(), registered));
  }

  private static boolean isInterpreted(byte[] header, Path registered) throws IOException {
    if (!Files.isReadable(registered.resolve("status"))
        || !Files.readString(registered.resolve("status")).strip().equals("enabled")) {
      return false;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(registered)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (!name.equals("status") && !name.equals("register") && takes(entry, header)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean takes(Path entry, byte[] header) throws IOException {
    Map<String, String> fields = new HashMap<>();
    try {
      for (String line : Files.readAllLines(entry)) {
        String[] pair = line.substring(0, Math.min(line.length(), MAX_LINE)).split(" ", 2);
        fields.put(pair[0].replace(":", ""), pair.length == 2 ? pair[1].strip() : "");
      }
    } catch (NoSuchFileException e) {
      return false; // it was removed meanwhile
    }
    if (!fields.containsKey("enabled")
        || !fields.getOrDefault("flags", "").contains("F")
        || !fields.containsKey("magic")) {
      return false;
    }
    byte[] magic = HexFormat.of().parseHex(fields.get("magic"));
    String mask = fields.getOrDefault("mask", "ff".repeat(magic.length));
    return matches(
        header,
        Integer.parseInt(fields.getOrDefault("offset", "0")),
        magic,
        HexFormat.of().parseHex(mask));
  }

  private static boolean matches(byte[] header, int offset, byte[] magic, byte[] mask) {
    for (int i = 0; i < magic.length; i++) {
      int at = offset + i;
      int found = at >= 0 && at < header.length ? header[at] : 0;
      if (((found ^ magic[i]) & (i < mask.length ? mask[i] : 0xff)) != 0) {
        return false;
      }
    }
    return true;
  }
}
