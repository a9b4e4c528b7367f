package io.jukung.linux.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.linux.fs.FileTime;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a tar archive as a stream: ustar, pax and GNU headers with long names. The archive may come
 * from an attacker: every number and length is checked, and memory use does not grow with the
 * archive. Sparse files are refused. Belongs to one thread.
 */
public final class TarInput {
  private static final int BLOCK = 512;

  /** Bounds the extended headers of one member. An extended attribute has at most 64 KiB. */
  private static final int MAX_EXTENSION_BYTES = 1 << 20;

  private static final String ATTRIBUTE = "SCHILY.xattr.";

  private final InputStream in;
  private final byte[] header = new byte[BLOCK];
  private long contentLeft;
  private int padding;

  public TarInput(InputStream in) {
    this.in = in;
  }

  /**
   * Returns the next member, or empty at the end of the archive. Content of the previous member
   * that has not been read is skipped.
   */
  public Optional<TarMember> next() throws IOException {
    skipRest();
    Map<String, byte[]> extensions = new HashMap<>();
    while (true) {
      int count = in.readNBytes(header, 0, BLOCK);
      if (count == 0 || (count == BLOCK && isZero())) {
        return Optional.empty();
      }
      if (count < BLOCK) {
        throw new EOFException("the tar archive ends in the middle of a header");
      }
      checkSum();
      switch ((char) (header[156] & 0xFF)) {
        case 'x' -> records(extension(), extensions);
        case 'g' -> extension(); // as other readers, global headers are ignored
        case 'L' -> extensions.put("path", untilZero(extension()));
        case 'K' -> extensions.put("linkpath", untilZero(extension()));
        default -> {
          return Optional.of(member(extensions));
        }
      }
    }
  }

  /**
   * Skips what is left of the current member. The padding of the last member may be missing, as the
   * end of the archive may: docker's client sends such contexts.
   */
  private void skipRest() throws IOException {
    try {
      in.skipNBytes(contentLeft);
    } catch (EOFException e) {
      throw (EOFException)
          new EOFException("the tar archive ends in the middle of a file").initCause(e);
    }
    var _ = in.readNBytes(padding);
    contentLeft = 0;
    padding = 0;
  }

  /**
   * Reads content of the current member.
   *
   * @return the number of bytes, at least 1; −1 at the end of the content
   */
  public int read(byte[] target) throws IOException {
    if (contentLeft == 0) {
      return -1;
    }
    int count = in.read(target, 0, (int) Math.min(target.length, contentLeft));
    if (count < 0) {
      throw new EOFException("the tar archive ends in the middle of a file");
    }
    contentLeft -= count;
    return count;
  }

  private TarMember member(Map<String, byte[]> extensions) throws IOException {
    if (extensions.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."))) {
      throw new IOException("the tar archive has a sparse file, write it without --sparse");
    }
    String name = text(extensions, "path", headerName());
    TarMember.Kind kind = kind((char) (header[156] & 0xFF), name);
    boolean device = kind == TarMember.Kind.CHARACTER_DEVICE || kind == TarMember.Kind.BLOCK_DEVICE;
    long size = number(extensions, "size", numeric(124, 12));
    if (size < 0) {
      throw new IOException("the tar archive has a member of negative size");
    }
    // Other members have no content, whatever size their header has.
    contentLeft = kind == TarMember.Kind.FILE ? size : 0;
    padding = (int) (-contentLeft & (BLOCK - 1));
    return new TarMember(
        name,
        kind,
        (int) (numeric(100, 8) & 0xFFF),
        number(extensions, "uid", numeric(108, 8)),
        number(extensions, "gid", numeric(116, 8)),
        modified(extensions),
        text(extensions, "linkpath", headerText(157, 100)),
        contentLeft,
        device ? (int) numeric(329, 8) : 0,
        device ? (int) numeric(337, 8) : 0,
        attributes(extensions));
  }

  private static TarMember.Kind kind(char flag, String name) throws IOException {
    if (flag == '0' || flag == '\0' || flag == '7') {
      return name.endsWith("/") ? TarMember.Kind.DIRECTORY : TarMember.Kind.FILE;
    }
    for (TarMember.Kind each : TarMember.Kind.values()) {
      if (each.flag == flag) {
        return each;
      }
    }
    throw new IOException("the tar archive has a member of an unknown type: " + (int) flag);
  }

  private String headerName() {
    String name = headerText(0, 100);
    boolean posix = headerText(257, 6).equals("ustar") && header[262] == 0;
    String prefix = posix ? headerText(345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private FileTime modified(Map<String, byte[]> extensions) throws IOException {
    byte[] text = extensions.get("mtime");
    if (text == null) {
      return new FileTime(numeric(136, 12), 0);
    }
    String whole = new String(text, ISO_8859_1).split("\\.", 2)[0];
    return new FileTime(parse(whole, "mtime"), 0);
  }

  private static Map<String, byte[]> attributes(Map<String, byte[]> extensions) {
    Map<String, byte[]> attributes = new HashMap<>();
    extensions.forEach(
        (key, value) -> {
          if (key.startsWith(ATTRIBUTE)) {
            attributes.put(key.substring(ATTRIBUTE.length()), value);
          }
        });
    return attributes;
  }

  private static String text(Map<String, byte[]> extensions, String key, String otherwise) {
    byte[] value = extensions.get(key);
    return value == null || value.length == 0 ? otherwise : new String(value, ISO_8859_1);
  }

  private static long number(Map<String, byte[]> extensions, String key, long otherwise)
      throws IOException {
    byte[] value = extensions.get(key);
    return value == null ? otherwise : parse(new String(value, ISO_8859_1), key);
  }

  private static long parse(String text, String field) throws IOException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IOException("the tar archive has a " + field + " that is no number", e);
    }
  }

  private byte[] extension() throws IOException {
    long size = numeric(124, 12);
    if (size < 0 || size > MAX_EXTENSION_BYTES) {
      throw new IOException("the tar archive has an extended header of " + size + " bytes");
    }
    byte[] content = in.readNBytes((int) size);
    if (content.length < size) {
      throw new EOFException("the tar archive ends in the middle of an extended header");
    }
    in.skipNBytes(-size & (BLOCK - 1));
    return content;
  }

  /** Parses records "LENGTH KEY=VALUE\n". */
  private static void records(byte[] content, Map<String, byte[]> extensions) throws IOException {
    int start = 0;
    while (start < content.length) {
      int space = indexOf(content, ' ', start);
      long length = parse(new String(content, start, space - start, ISO_8859_1), "record length");
      long end = start + length;
      int equals = indexOf(content, '=', space);
      if (end > content.length || equals >= end - 1 || content[(int) end - 1] != '\n') {
        throw new IOException("the tar archive has a damaged extended header");
      }
      extensions.put(
          new String(content, space + 1, equals - space - 1, ISO_8859_1),
          Arrays.copyOfRange(content, equals + 1, (int) end - 1));
      start = (int) end;
    }
  }

  private static int indexOf(byte[] content, char wanted, int start) throws IOException {
    for (int i = start; i < content.length; i++) {
      if (content[i] == wanted) {
        return i;
      }
    }
    throw new IOException("the tar archive has a damaged extended header");
  }

  private static byte[] untilZero(byte[] text) {
    int end = 0;
    while (end < text.length && text[end] != 0) {
      end++;
    }
    return Arrays.copyOf(text, end);
  }

  private String headerText(int start, int length) {
    int end = start;
    while (end < start + length && header[end] != 0) {
      end++;
    }
    return new String(header, start, end - start, ISO_8859_1);
  }

  /** Parses octal text, or GNU's base 256 if the first bit is set. */
  private long numeric(int start, int length) throws IOException {
    if ((header[start] & 0x80) != 0) {
      long value = (header[start] & 0x40) != 0 ? -1 : header[start] & 0x3F;
      for (int i = start + 1; i < start + length; i++) {
        if (value != value << 8 >> 8) {
          throw new IOException("the tar archive has a number beyond 64 bits");
        }
        value = value << 8 | (header[i] & 0xFF);
      }
      return value;
    }
    long value = 0;
    for (char digit : headerText(start, length).strip().toCharArray()) {
      if (digit < '0' || digit > '7') {
        throw new IOException("the tar archive has a number that is not octal");
      }
      value = value << 3 | (digit - '0');
    }
    return value;
  }

  private boolean isZero() {
    for (byte b : header) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void checkSum() throws IOException {
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
    }
    if (numeric(148, 8) != sum) {
      throw new IOException("this is not a tar archive: the checksum of a header is wrong");
    }
  }
}
