package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes tar archives of all kinds of files: POSIX ustar, with PAX records for what ustar has no
 * room for (pax(1)), extended attributes as GNU tar and others write them, and sparse files in
 * GNU's format 1.0. Times have whole seconds, as in the layers that other tools make. The same
 * entries always give the same bytes. Not thread-safe.
 */
public final class TarEntryWriter {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final long MAX_OCTAL_ID = (1L << 21) - 1;
  private static final long MAX_OCTAL_NUMBER = (1L << 33) - 1;
  private static final int COPY_BYTES = 128 * 1024;

  private final OutputStream out;

  public TarEntryWriter(OutputStream out) {
    this.out = out;
  }

  /** A part of a sparse file that has content. */
  public record Extent(long offset, long length) {}

  /** Reads a part of a file's content. */
  @FunctionalInterface
  public interface Content {
    /** The part from its start to its end; the caller closes the stream. */
    InputStream open(Extent part) throws IOException;
  }

  /** Adds an entry without content: everything but a file that has bytes. */
  public void entry(TarEntry entry) throws IOException {
    header(entry, entry.size(), Map.of());
  }

  /** Adds a file with the size that the entry has. */
  public void file(TarEntry entry, Content content) throws IOException {
    header(entry, entry.size(), Map.of());
    copy(content, new Extent(0, entry.size()), entry.name());
    pad(entry.size());
  }

  /**
   * Adds a file of which only some parts are stored; the rest reads as zeros.
   *
   * @param parts in order, without overlaps
   */
  public void sparseFile(TarEntry entry, List<Extent> parts, Content content) throws IOException {
    StringBuilder text = new StringBuilder().append(parts.size()).append('\n');
    long stored = 0;
    for (Extent part : parts) {
      text.append(part.offset()).append('\n').append(part.length()).append('\n');
      stored += part.length();
    }
    byte[] map = text.toString().getBytes(StandardCharsets.US_ASCII);
    long mapBytes = (map.length + BLOCK - 1L) / BLOCK * BLOCK;
    Map<String, byte[]> records = new LinkedHashMap<>();
    records.put("GNU.sparse.major", ascii("1"));
    records.put("GNU.sparse.minor", ascii("0"));
    records.put("GNU.sparse.name", entry.name().getBytes(ISO_8859_1));
    records.put("GNU.sparse.realsize", ascii(Long.toString(entry.size())));
    header(entry, mapBytes + stored, records);
    out.write(map);
    pad(map.length);
    for (Extent part : parts) {
      copy(content, part, entry.name());
    }
    pad(stored);
  }

  /** Writes the end of the archive. The stream stays open. */
  public void finish() throws IOException {
    out.write(new byte[2 * BLOCK]);
  }

  private void copy(Content content, Extent part, String name) throws IOException {
    byte[] buffer = new byte[COPY_BYTES];
    long left = part.length();
    try (InputStream in = content.open(part)) {
      while (left > 0) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          throw new IOException(
              "%s has become shorter by %d bytes".formatted(TarPath.display(name), left));
        }
        out.write(buffer, 0, count);
        left -= count;
      }
    }
  }

  // ── headers ────────────────────────────────────────────────────────────────────────────────

  private void header(TarEntry entry, long stored, Map<String, byte[]> sparse) throws IOException {
    String name = entry.type() == TarEntry.Type.DIRECTORY ? entry.name() + "/" : entry.name();
    String shownName = sparse.isEmpty() ? name : "GNUSparseFile.0/" + lastName(name);
    Map<String, byte[]> records = new LinkedHashMap<>(sparse);
    if (!sparse.isEmpty() && needsRecord(shownName)) {
      shownName = "GNUSparseFile.0/file"; // the real name is in GNU.sparse.name
    } else if (needsRecord(shownName)) {
      records.put("path", name.getBytes(ISO_8859_1));
    }
    if (needsRecord(entry.linkName())) {
      records.put("linkpath", entry.linkName().getBytes(ISO_8859_1));
    }
    number(records, "uid", entry.uid(), MAX_OCTAL_ID);
    number(records, "gid", entry.gid(), MAX_OCTAL_ID);
    number(records, "size", stored, MAX_OCTAL_NUMBER);
    number(records, "mtime", entry.modified().seconds(), MAX_OCTAL_NUMBER);
    // In the order of their names, so that the same file always gives the same bytes.
    new TreeMap<>(entry.attributes())
        .forEach((attribute, value) -> records.put("SCHILY.xattr." + attribute, value));
    if (!records.isEmpty()) {
      byte[] content = pax(records);
      block('x', "PaxHeaders.0/" + ustarName(lastName(name)), content.length, entry, true);
      out.write(content);
      pad(content.length);
    }
    block(flag(entry.type()), shownName, stored, entry, false);
  }

  private static boolean needsRecord(String name) {
    return name.length() > NAME_BYTES || name.chars().anyMatch(c -> c >= 0x7f || c < ' ');
  }

  private static void number(Map<String, byte[]> records, String key, long value, long max) {
    if (value < 0 || value > max) {
      records.put(key, ascii(Long.toString(value)));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String lastName(String path) {
    String bare = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return bare.substring(bare.lastIndexOf('/') + 1);
  }

  /** A name that fits into a header and is not looked at, because a record has the real one. */
  private static String ustarName(String name) {
    String plain = name.replaceAll("[^ -~]", "_");
    return plain.substring(0, Math.min(plain.length(), NAME_BYTES - 20));
  }

  /** Records of the form {@code "length key=value\n"}; the length counts itself. */
  private static byte[] pax(Map<String, byte[]> records) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> record : records.entrySet()) {
      byte[] key = record.getKey().getBytes(ISO_8859_1);
      int rest = key.length + record.getValue().length + 3; // the space, "=" and the line's end
      int length = rest + Integer.toString(rest).length();
      length = rest + Integer.toString(length).length();
      all.write(ascii(length + " "));
      all.write(key);
      all.write('=');
      all.write(record.getValue());
      all.write('\n');
    }
    return all.toByteArray();
  }

  private void block(char flag, String name, long size, TarEntry entry, boolean extended)
      throws IOException {
    byte[] header = new byte[BLOCK];
    bytes(header, 0, NAME_BYTES, name);
    octal(header, 100, 8, extended ? 0644 : entry.mode());
    octal(header, 108, 8, extended ? 0 : Math.min(Math.max(entry.uid(), 0), MAX_OCTAL_ID));
    octal(header, 116, 8, extended ? 0 : Math.min(Math.max(entry.gid(), 0), MAX_OCTAL_ID));
    octal(header, 124, 12, Math.min(size, MAX_OCTAL_NUMBER));
    long seconds = extended ? 0 : entry.modified().seconds();
    octal(header, 136, 12, seconds < 0 || seconds > MAX_OCTAL_NUMBER ? 0 : seconds);
    header[156] = (byte) flag;
    if (!extended) {
      bytes(header, 157, NAME_BYTES, entry.linkName());
    }
    bytes(header, 257, 8, "ustar\00000");
    boolean device =
        !extended
            && (entry.type() == TarEntry.Type.CHARACTER_DEVICE
                || entry.type() == TarEntry.Type.BLOCK_DEVICE);
    octal(header, 329, 8, device ? entry.deviceMajor() : 0);
    octal(header, 337, 8, device ? entry.deviceMinor() : 0);
    bytes(header, 148, 8, "        ");
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xFF;
    }
    bytes(header, 148, 8, "%06o\0 ".formatted(sum));
    out.write(header);
  }

  private static char flag(TarEntry.Type type) {
    return switch (type) {
      case FILE -> '0';
      case HARD_LINK -> '1';
      case SYMLINK -> '2';
      case CHARACTER_DEVICE -> '3';
      case BLOCK_DEVICE -> '4';
      case DIRECTORY -> '5';
      case FIFO -> '6';
    };
  }

  private static void octal(byte[] header, int offset, int width, long value) {
    String digits = Long.toOctalString(value);
    bytes(header, offset, width, "0".repeat(width - 1 - digits.length()) + digits);
  }

  private static void bytes(byte[] header, int offset, int width, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, header, offset, Math.min(width, bytes.length));
  }

  private void pad(long size) throws IOException {
    out.write(new byte[(int) (-size & (BLOCK - 1))]);
  }
}
