package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.linux.fs.FileTime;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive as a stream: V7, ustar, star, GNU and PAX headers, long names, extended
 * attributes, and sparse files in all GNU formats. The archive may come from an attacker: every
 * number and length is checked, and memory use does not grow with the archive.
 *
 * <p>The values of extended attributes stay bytes, because some of them are binary, such as
 * capability sets. Common tar libraries corrupt these by reading PAX values as text.
 *
 * <p>Two rules are those of Go's archive/tar, by which most images are written and read: global PAX
 * headers are ignored, and links, directories and devices have no content, whatever size their
 * header has.
 */
public final class TarReader {
  private static final int BLOCK = 512;

  /**
   * A multiple of the block size. It is large because each filling of the buffer is hashed in one
   * call and may be written in one call.
   */
  private static final int BUFFER_BYTES = 256 * 1024;

  /**
   * Bounds the PAX records and GNU long names of one member. An extended attribute has at most 64
   * KiB.
   */
  private static final int MAX_EXTENSION_BYTES = 1024 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  /** How many bytes have been read from the stream. */
  private long filled;

  /**
   * How many bytes of the current member's content have not been read; {@link #padding} bytes
   * follow them.
   */
  private long contentLeft;

  private int padding;

  /** Null for a file that is not sparse. */
  private @Nullable SparseMap sparse;

  private long currentSize;

  /**
   * Receives a file's content in the order of the offsets. Ranges that are left out read as zeros.
   */
  @FunctionalInterface
  public interface ContentSink {
    void write(long fileOffset, byte[] source, int start, int length) throws IOException;
  }

  public TarReader(InputStream in) {
    this.in = in;
  }

  /**
   * Returns the next member, or empty at the end of the archive. Content of the previous member
   * that has not been read is skipped.
   */
  public Optional<TarEntry> next() throws IOException {
    skipContent();
    Extensions extensions = new Extensions();
    while (true) {
      if (!hasBlock()) {
        if (extensions.any) {
          throw new ArchiveFormatException("tar ends after a header extension");
        }
        return Optional.empty();
      }
      int header = position;
      position += BLOCK;
      if (isZero(header)) {
        checkEnd();
        return Optional.empty();
      }
      checkSum(header);
      char type = (char) (buffer[header + 156] & 0xFF);
      switch (type) {
        case 'x' -> extensions.pax = PaxRecords.parse(readExtension(size(header)));
        case 'g' -> PaxRecords.parse(readExtension(size(header)));
        case 'L' -> extensions.longName = readLongName(size(header));
        case 'K' -> extensions.longLink = readLongName(size(header));
        default -> {
          return Optional.of(member(header, type, extensions));
        }
      }
      extensions.any |= type != 'g';
    }
  }

  /**
   * The position in the stream at which the content of the current member begins; to be called
   * before {@link #content}. Empty for a sparse file, whose content is not stored in one piece.
   */
  public OptionalLong contentOffset() {
    return sparse == null ? OptionalLong.of(filled - (limit - position)) : OptionalLong.empty();
  }

  /** Delivers the content of the current member. It can be called once per member. */
  public void content(ContentSink sink) throws IOException {
    SparseMap map = sparse;
    if (map == null) {
      long offset = 0;
      while (contentLeft > 0) {
        int count = available();
        sink.write(offset, buffer, position, count);
        offset += count;
        consume(count);
      }
    } else {
      for (SparseMap.Fragment fragment : map.fragments()) {
        long done = 0;
        while (done < fragment.length()) {
          int count = (int) Math.min(available(), fragment.length() - done);
          sink.write(fragment.offset() + done, buffer, position, count);
          done += count;
          consume(count);
        }
      }
    }
  }

  /**
   * Reads to the end of the stream. Bytes can follow the end of the archive, and the digest of a
   * layer covers these too.
   */
  public void drain() throws IOException {
    skipContent();
    do {
      position = 0;
      limit = in.read(buffer, 0, buffer.length);
    } while (limit >= 0);
    limit = 0;
  }

  private TarEntry member(int header, char flag, Extensions extensions) throws IOException {
    PaxRecords pax = extensions.pax;
    // PAX takes precedence over GNU's long names.
    String name = pax.text("path").or(() -> extensions.longName).orElse("");
    if (name.isEmpty()) {
      name = headerName(header);
    }
    String linkName = pax.text("linkpath").or(() -> extensions.longLink).orElse("");
    if (linkName.isEmpty()) {
      linkName = string(header + 157, 100);
    }
    TarEntry.Type type = type(flag, name);
    boolean device = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
    long stored = pax.has("size") ? pax.number("size") : size(header);
    int mode = (int) (numeric(header + 100, 8, "mode") & 0xFFF);
    long uid = pax.has("uid") ? pax.number("uid") : numeric(header + 108, 8, "uid");
    long gid = pax.has("gid") ? pax.number("gid") : numeric(header + 116, 8, "gid");
    Optional<FileTime> paxTime = pax.modified();
    FileTime modified = paxTime.isPresent() ? paxTime.get() : headerTime(header);
    long major = device ? numeric(header + 329, 8, "device major") : 0;
    long minor = device ? numeric(header + 337, 8, "device minor") : 0;
    // This comes last: reading a sparse map may overwrite the header in the buffer.
    String realName = beginContent(header, flag, type, stored, pax).orElse(name);
    return new TarEntry(
        realName,
        type,
        mode,
        uid,
        gid,
        modified,
        linkName,
        currentSize,
        major,
        minor,
        pax.extendedAttributes());
  }

  /**
   * Prepares reading of the content. Returns the file's real name if a sparse format stores another
   * one in the header.
   */
  private Optional<String> beginContent(
      int header, char flag, TarEntry.Type type, long stored, PaxRecords pax) throws IOException {
    boolean file = type == TarEntry.Type.FILE;
    sparse = null;
    currentSize = file ? stored : 0;
    contentLeft = currentSize;
    padding = (int) (-currentSize & (BLOCK - 1));
    if (!file) {
      return Optional.empty();
    }
    if (flag == 'S') {
      readGnuSparse(header);
      return Optional.empty();
    }
    return readPaxSparse(pax);
  }

  private static TarEntry.Type type(char flag, String name) throws ArchiveFormatException {
    return switch (flag) {
      // V7 has no type for directories: their names end with a slash.
      case '\0' -> name.endsWith("/") ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE;
      case '0', '7', 'S' -> TarEntry.Type.FILE;
      case '1' -> TarEntry.Type.HARD_LINK;
      case '2' -> TarEntry.Type.SYMLINK;
      case '3' -> TarEntry.Type.CHARACTER_DEVICE;
      case '4' -> TarEntry.Type.BLOCK_DEVICE;
      case '5' -> TarEntry.Type.DIRECTORY;
      case '6' -> TarEntry.Type.FIFO;
      default ->
          throw new ArchiveFormatException(
              "tar member %s has a type that layers do not have: 0x%02x"
                  .formatted(TarPath.display(name), (int) flag));
    };
  }

  // ── header fields ──────────────────────────────────────────────────────────────────────────

  private String headerName(int header) {
    String name = string(header, 100);
    boolean posixMagic =
        buffer[header + 257] == 'u'
            && buffer[header + 258] == 's'
            && buffer[header + 259] == 't'
            && buffer[header + 260] == 'a'
            && buffer[header + 261] == 'r'
            && buffer[header + 262] == 0;
    if (!posixMagic) {
      return name; // V7 has no prefix, and GNU stores times in its place
    }
    boolean star =
        buffer[header + 508] == 't' && buffer[header + 509] == 'a' && buffer[header + 510] == 'r';
    String prefix = string(header + 345, star ? 131 : 155);
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private long size(int header) throws ArchiveFormatException {
    long size = numeric(header + 124, 12, "size");
    if (size < 0) {
      throw new ArchiveFormatException("tar header has a negative size");
    }
    return size;
  }

  private FileTime headerTime(int header) throws ArchiveFormatException {
    return new FileTime(numeric(header + 136, 12, "mtime"), 0);
  }

  private String string(int start, int length) {
    int end = start;
    while (end < start + length && buffer[end] != 0) {
      end++;
    }
    return new String(buffer, start, end - start, ISO_8859_1);
  }

  /** Parses octal text, or GNU's base 256 (two's complement) if the first bit is set. */
  private long numeric(int start, int length, String field) throws ArchiveFormatException {
    if ((buffer[start] & 0x80) != 0) {
      return base256(start, length, field);
    }
    int i = start;
    int end = start + length;
    while (i < end && (buffer[i] == ' ' || buffer[i] == 0)) {
      i++;
    }
    long value = 0;
    for (; i < end && buffer[i] != ' ' && buffer[i] != 0; i++) {
      if (buffer[i] < '0' || buffer[i] > '7') {
        throw new ArchiveFormatException("tar header has a " + field + " that is not octal");
      }
      value = value << 3 | (buffer[i] - '0'); // at most 12 digits, so there is no overflow
    }
    return value;
  }

  private long base256(int start, int length, String field) throws ArchiveFormatException {
    boolean negative = (buffer[start] & 0x40) != 0;
    long value = negative ? -1 : 0;
    for (int i = 0; i < length; i++) {
      int digit = buffer[start + i] & 0xFF;
      if (i == 0) {
        digit = negative ? digit | 0x80 : digit & 0x7F;
      }
      if (value != (value << 8 >> 8)) {
        throw new ArchiveFormatException("tar header has a " + field + " beyond 64 bits");
      }
      value = value << 8 | digit;
    }
    if ((value < 0) != negative) {
      throw new ArchiveFormatException("tar header has a " + field + " beyond 64 bits");
    }
    return value;
  }

  private void checkSum(int header) throws ArchiveFormatException {
    int unsigned = 0;
    int signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      byte b = i >= 148 && i < 156 ? (byte) ' ' : buffer[header + i];
      unsigned += b & 0xFF;
      signed += b;
    }
    long stored = numeric(header + 148, 8, "checksum");
    if (stored != unsigned && stored != signed) {
      throw new ArchiveFormatException(
          "tar header checksum is wrong: the layer is not a tar archive");
    }
  }

  private boolean isZero(int header) {
    for (int i = 0; i < BLOCK; i++) {
      if (buffer[header + i] != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Rejects an archive that goes on after a single zero block: other readers stop there and would
   * not see the rest.
   */
  private void checkEnd() throws IOException {
    if (hasBlock()) {
      int second = position;
      position += BLOCK;
      if (!isZero(second)) {
        throw new ArchiveFormatException("tar has a lone zero block and goes on after it");
      }
    }
  }

  // ── extensions ─────────────────────────────────────────────────────────────────────────────

  private static final class Extensions {
    boolean any;
    PaxRecords pax = PaxRecords.NONE;
    Optional<String> longName = Optional.empty();
    Optional<String> longLink = Optional.empty();
  }

  private String longNameText(byte[] raw) {
    int end = 0;
    while (end < raw.length && raw[end] != 0) {
      end++;
    }
    return new String(raw, 0, end, ISO_8859_1);
  }

  private Optional<String> readLongName(long size) throws IOException {
    return Optional.of(longNameText(readExtension(size)));
  }

  private byte[] readExtension(long size) throws IOException {
    if (size > MAX_EXTENSION_BYTES) {
      throw new ArchiveFormatException(
          "tar header extension of %d bytes, above %d".formatted(size, MAX_EXTENSION_BYTES));
    }
    byte[] content = new byte[(int) size];
    contentLeft = size;
    padding = (int) (-size & (BLOCK - 1));
    int done = 0;
    while (contentLeft > 0) {
      int count = available();
      System.arraycopy(buffer, position, content, done, count);
      done += count;
      consume(count);
    }
    skipContent();
    return content;
  }

  // ── sparse files (GNU tar manual, Sparse Formats) ──────────────────────────────────────────

  private void readGnuSparse(int header) throws IOException {
    long fileSize = numeric(header + 483, 12, "sparse size");
    SparseMap map = new SparseMap();
    boolean more = addGnuFragments(map, header + 386, 4) && buffer[header + 482] != 0;
    while (more) {
      if (!hasBlock()) {
        throw new ArchiveFormatException("tar ends within a sparse map");
      }
      int block = position;
      position += BLOCK;
      more = addGnuFragments(map, block, 21) && buffer[block + 504] != 0;
    }
    setSparse(fileSize, map);
  }

  /** Returns whether all slots of the table were used, so that another table may follow. */
  private boolean addGnuFragments(SparseMap map, int start, int slots) throws IOException {
    for (int i = 0; i < slots; i++) {
      int slot = start + 24 * i;
      if (buffer[slot] == 0) {
        return false;
      }
      map.add(numeric(slot, 12, "sparse offset"), numeric(slot + 12, 12, "sparse length"));
    }
    return true;
  }

  /**
   * Reads the sparse map, if the PAX records say that the file is sparse. Returns the file's real
   * name if they have one.
   */
  private Optional<String> readPaxSparse(PaxRecords pax) throws IOException {
    boolean inContent = pax.has("GNU.sparse.major") && pax.number("GNU.sparse.major") == 1;
    if (inContent) {
      setSparse(pax.number("GNU.sparse.realsize"), readMapInContent());
    } else if (pax.has("GNU.sparse.map")) {
      String key = pax.has("GNU.sparse.realsize") ? "realsize" : "size";
      setSparse(
          pax.number("GNU.sparse." + key), SparseMap.parse(pax.text("GNU.sparse.map").orElse("")));
    } else {
      return Optional.empty();
    }
    return pax.text("GNU.sparse.name");
  }

  /**
   * Reads a map of format 1.0: lines with decimal numbers at the start of the content, padded to a
   * block.
   */
  private SparseMap readMapInContent() throws IOException {
    long before = contentLeft;
    long count = readLine();
    SparseMap.checkCount(count);
    SparseMap map = new SparseMap();
    for (long i = 0; i < count; i++) {
      long offset = readLine();
      map.add(offset, readLine());
    }
    long rest = -(before - contentLeft) & (BLOCK - 1);
    while (rest > 0 && contentLeft > 0) {
      int skipped = (int) Math.min(available(), rest);
      consume(skipped);
      rest -= skipped;
    }
    return map;
  }

  private long readLine() throws IOException {
    StringBuilder digits = new StringBuilder();
    while (contentLeft > 0) {
      available();
      char c = (char) (buffer[position] & 0xFF);
      consume(1);
      if (c == '\n') {
        return PaxRecords.parseNumber(digits.toString(), "sparse map");
      }
      digits.append(c);
      if (digits.length() > 19) {
        break;
      }
    }
    throw new ArchiveFormatException("sparse map is not lines of numbers");
  }

  private void setSparse(long fileSize, SparseMap map) throws ArchiveFormatException {
    map.check(fileSize, contentLeft);
    currentSize = fileSize;
    sparse = map;
  }

  // ── the stream ─────────────────────────────────────────────────────────────────────────────

  /**
   * Fills the buffer until it has a whole block at the current position. Returns false if the
   * stream ends before the block.
   */
  private boolean hasBlock() throws IOException {
    while (limit - position < BLOCK) {
      if (!fill()) {
        if (limit == position) {
          return false;
        }
        throw new ArchiveFormatException("tar ends within a header");
      }
    }
    return true;
  }

  /**
   * Returns how many bytes of content the buffer has at the current position, at least one. There
   * must be content left.
   */
  private int available() throws IOException {
    if (position == limit && !fill()) {
      throw new ArchiveFormatException("tar ends within a member's content");
    }
    return (int) Math.min(limit - position, contentLeft);
  }

  private void consume(int count) {
    position += count;
    contentLeft -= count;
  }

  private void skipContent() throws IOException {
    while (contentLeft > 0) {
      consume(available());
    }
    while (padding > 0) {
      if (position == limit && !fill()) {
        // Go's writer leaves the padding out if it is not closed, which happens in umoci insert.
        // Go's reader, and so every other runtime, takes that for the end of the archive.
        padding = 0;
      }
      int skipped = Math.min(limit - position, padding);
      position += skipped;
      padding -= skipped;
    }
    sparse = null;
  }

  private boolean fill() throws IOException {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
    }
    int count = in.read(buffer, limit, buffer.length - limit);
    if (count > 0) {
      limit += count;
      filled += count;
    }
    return count > 0;
  }
}
