package io.jukung.linux.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes a tar archive in the format of POSIX (pax): ustar headers, and extended headers for what a
 * ustar header has no room for. Times are whole seconds, as docker writes them. Belongs to one
 * thread.
 */
public final class TarOutput implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int MAX_NAME = 100;
  private static final long MAX_OCTAL_7 = 07777777L;
  private static final long MAX_OCTAL_11 = 077777777777L;
  private static final String ATTRIBUTE = "SCHILY.xattr.";

  private final OutputStream out;
  private long contentLeft;
  private int padding;

  public TarOutput(OutputStream out) {
    this.out = out;
  }

  /** Begins a member. If it is a file, {@link #write} must write all of its content then. */
  public void begin(TarMember member) throws IOException {
    requireComplete();
    byte[] extensions = extensions(member);
    if (extensions.length > 0) {
      header("PaxHeaders/x", 'x', member, extensions.length, "");
      out.write(extensions);
      pad(extensions.length);
    }
    header(member.name(), member.kind().flag, member, member.size(), member.linkName());
    contentLeft = member.size();
    padding = (int) (-member.size() & (BLOCK - 1));
  }

  /** Writes a part of the content of the last member. */
  public void write(byte[] content, int offset, int length) throws IOException {
    if (length > contentLeft) {
      throw new IllegalStateException("more content than the header says");
    }
    out.write(content, offset, length);
    contentLeft -= length;
    if (contentLeft == 0) {
      out.write(new byte[padding]);
      padding = 0;
    }
  }

  private void requireComplete() {
    if (contentLeft > 0) {
      throw new IllegalStateException(contentLeft + " bytes of content are missing");
    }
  }

  private static byte[] extensions(TarMember member) throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    if (member.name().length() > MAX_NAME) {
      record(records, "path", member.name().getBytes(ISO_8859_1));
    }
    if (member.linkName().length() > MAX_NAME) {
      record(records, "linkpath", member.linkName().getBytes(ISO_8859_1));
    }
    number(records, "uid", member.uid(), MAX_OCTAL_7);
    number(records, "gid", member.gid(), MAX_OCTAL_7);
    number(records, "size", member.size(), MAX_OCTAL_11);
    number(records, "mtime", member.modified().seconds(), MAX_OCTAL_11);
    for (Map.Entry<String, byte[]> each : member.attributes().entrySet()) {
      record(records, ATTRIBUTE + each.getKey(), each.getValue());
    }
    return records.toByteArray();
  }

  private static void number(ByteArrayOutputStream records, String key, long value, long most)
      throws IOException {
    if (value < 0 || value > most) {
      record(records, key, Long.toString(value).getBytes(ISO_8859_1));
    }
  }

  /** Writes "LENGTH KEY=VALUE\n", where the length counts its own digits too. */
  private static void record(ByteArrayOutputStream records, String key, byte[] value)
      throws IOException {
    int rest = key.length() + value.length + 3;
    int length = rest + Integer.toString(rest).length();
    if (Integer.toString(length).length() > Integer.toString(rest).length()) {
      length++;
    }
    records.write((length + " " + key + "=").getBytes(ISO_8859_1));
    records.write(value);
    records.write('\n');
  }

  private void header(String name, char flag, TarMember member, long size, String link)
      throws IOException {
    byte[] header = new byte[BLOCK];
    text(header, 0, MAX_NAME, name);
    octal(header, 100, 8, member.mode());
    octal(header, 108, 8, clamp(member.uid(), MAX_OCTAL_7));
    octal(header, 116, 8, clamp(member.gid(), MAX_OCTAL_7));
    octal(header, 124, 12, clamp(size, MAX_OCTAL_11));
    octal(header, 136, 12, clamp(member.modified().seconds(), MAX_OCTAL_11));
    header[156] = (byte) flag;
    text(header, 157, MAX_NAME, link);
    text(header, 257, 6, "ustar");
    text(header, 263, 2, "00");
    octal(header, 329, 8, member.deviceMajor());
    octal(header, 337, 8, member.deviceMinor());
    checkSum(header);
    out.write(header);
  }

  /** What a number stands for that an extended header has: any value will do. */
  private static long clamp(long value, long most) {
    return Math.clamp(value, 0, most);
  }

  private static void checkSum(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    octal(header, 148, 7, sum);
  }

  private static void text(byte[] header, int start, int length, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, header, start, Math.min(bytes.length, length));
  }

  /** Writes digits and a zero byte at the end. */
  private static void octal(byte[] header, int start, int length, long value) {
    long left = value;
    header[start + length - 1] = 0;
    for (int i = start + length - 2; i >= start; i--) {
      header[i] = (byte) ('0' + (left & 7));
      left >>>= 3;
    }
  }

  private void pad(long written) throws IOException {
    out.write(new byte[(int) (-written & (BLOCK - 1))]);
  }

  /** Writes the end of the archive and flushes the stream, which stays open. */
  @Override
  public void close() throws IOException {
    requireComplete();
    out.write(new byte[2 * BLOCK]);
    out.flush();
  }
}
