package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Writes a tar archive of regular files (POSIX ustar). The same files always give the same bytes:
 * all files belong to root and have the time 0.
 */
public final class TarWriter {
  private static final int BLOCK = 512;
  private static final int MAX_NAME_BYTES = 100;
  private static final long MAX_OCTAL_SIZE = (1L << 33) - 1;
  private static final int COPY_BYTES = 256 * 1024;

  private final OutputStream out;

  public TarWriter(OutputStream out) {
    this.out = out;
  }

  public void file(String name, byte[] content) throws IOException {
    header(name, content.length);
    out.write(content);
    pad(content.length);
  }

  /**
   * Adds a file whose content is read from a stream.
   *
   * @param size the size that the content must have
   */
  public void file(String name, InputStream content, long size) throws IOException {
    header(name, size);
    byte[] buffer = new byte[COPY_BYTES];
    long left = size;
    for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
      left -= count;
      if (left < 0) {
        break;
      }
      out.write(buffer, 0, count);
    }
    if (left != 0) {
      throw new IOException(
          "%s does not have the %d bytes that were announced".formatted(name, size));
    }
    pad(size);
  }

  /** Writes the end of the archive. The stream stays open. */
  public void finish() throws IOException {
    out.write(new byte[2 * BLOCK]);
  }

  private void header(String name, long size) throws IOException {
    byte[] header = new byte[BLOCK];
    byte[] bytes = name.getBytes(US_ASCII);
    if (bytes.length > MAX_NAME_BYTES) {
      throw new IllegalArgumentException("name of more than 100 bytes: " + name);
    }
    System.arraycopy(bytes, 0, header, 0, bytes.length);
    text(header, 100, "0000644\0");
    text(header, 108, "0000000\0");
    text(header, 116, "0000000\0");
    if (size <= MAX_OCTAL_SIZE) {
      text(header, 124, "%011o\0".formatted(size));
    } else {
      // GNU's base 256, which all current readers understand.
      header[124] = (byte) 0x80;
      for (int i = 0; i < Long.BYTES; i++) {
        header[135 - i] = (byte) (size >>> (8 * i));
      }
    }
    text(header, 136, "00000000000\0");
    text(header, 148, "        ");
    text(header, 156, "0");
    text(header, 257, "ustar\0" + "00");
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xFF;
    }
    text(header, 148, "%06o\0 ".formatted(sum));
    out.write(header);
  }

  private static void text(byte[] header, int offset, String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }

  private void pad(long size) throws IOException {
    out.write(new byte[(int) (-size & (BLOCK - 1))]);
  }
}
