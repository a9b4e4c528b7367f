package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Writes tar archives byte by byte, including malformed ones that no library would write. */
final class RawTar {
  static final int BLOCK = 512;

  private RawTar() {}

  /** Joins the members and appends the end of the archive. */
  static byte[] archive(byte[]... members) {
    return concat(concat(members), new byte[2 * BLOCK]);
  }

  static byte[] file(String name, String content) {
    byte[] bytes = content.getBytes(ISO_8859_1);
    return member(header(name, '0', Integer.toOctalString(bytes.length)), bytes);
  }

  static byte[] empty(String name, char type, String linkName) {
    byte[] header = header(name, type, "0");
    put(header, 157, linkName);
    return checksummed(header);
  }

  /** A member: its header and its content, padded to a whole block. */
  static byte[] member(byte[] header, byte[] content) {
    int padded = (content.length + BLOCK - 1) / BLOCK * BLOCK;
    return concat(header, Arrays.copyOf(content, padded));
  }

  static byte[] pax(Map<String, byte[]> records) {
    return pax('x', records);
  }

  static byte[] pax(char type, Map<String, byte[]> records) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    new TreeMap<>(records).forEach((key, value) -> content.writeBytes(record(key, value)));
    return paxOf(type, content.toByteArray());
  }

  static byte[] paxOf(char type, byte[] content) {
    return member(header("PaxHeaders/x", type, Integer.toOctalString(content.length)), content);
  }

  static byte[] record(String key, byte[] value) {
    int rest = key.length() + value.length + 3;
    int length = rest + Integer.toString(rest).length();
    if (Integer.toString(length).length() > Integer.toString(rest).length()) {
      length++;
    }
    return concat((length + " " + key + "=").getBytes(US_ASCII), value, new byte[] {'\n'});
  }

  /** A ustar header with a valid checksum. */
  static byte[] header(String name, char type, String octalSize) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, octalSize);
    put(header, 136, "14515221600");
    header[156] = (byte) type;
    put(header, 257, "ustar\0" + "00");
    return checksummed(header);
  }

  static byte[] checksummed(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    return header;
  }

  static void put(byte[] header, int offset, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
