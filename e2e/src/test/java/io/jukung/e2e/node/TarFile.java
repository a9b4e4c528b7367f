package io.jukung.e2e.node;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** A tar archive (ustar) that may say what no honest program writes. Used by one thread. */
public final class TarFile {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Adds a regular file of root, with the mode 0644. Its name is written as it is given. */
  public TarFile file(String name, String content) {
    byte[] data = content.getBytes(UTF_8);
    header(name, '0', data.length, "");
    bytes.writeBytes(data);
    bytes.writeBytes(new byte[(BLOCK - data.length % BLOCK) % BLOCK]);
    return this;
  }

  /** Adds a symbolic link, whose target may lead anywhere. */
  public TarFile symlink(String name, String target) {
    header(name, '2', 0, target);
    return this;
  }

  /** Adds a hard link, whose target need not be in the archive. */
  public TarFile hardlink(String name, String target) {
    header(name, '1', 0, target);
    return this;
  }

  /** Adds the header of a file whose content is missing. */
  public TarFile promise(String name, long size) {
    header(name, '0', size, "");
    return this;
  }

  private void header(String name, char kind, long size, String link) {
    byte[] block = new byte[BLOCK];
    put(block, 0, name);
    put(block, 100, "0000644\0");
    put(block, 108, "0000000\0");
    put(block, 116, "0000000\0");
    put(block, 124, "%011o\0".formatted(size));
    put(block, 136, "00000000000\0");
    put(block, 148, "        ");
    block[156] = (byte) kind;
    put(block, 157, link);
    put(block, 257, "ustar\00000");
    int sum = 0;
    for (byte each : block) {
      sum += each & 0xff;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    bytes.writeBytes(block);
  }

  private static void put(byte[] block, int offset, String text) {
    byte[] data = text.getBytes(ISO_8859_1);
    System.arraycopy(data, 0, block, offset, data.length);
  }

  /** The archive with its end. */
  public byte[] toBytes() {
    byte[] content = bytes.toByteArray();
    return Arrays.copyOf(content, content.length + 2 * BLOCK);
  }
}
