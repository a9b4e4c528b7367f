package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.FileTime;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads a tar archive as a stream: V7, ustar, star, GNU and PAX headers, long names, extended
 * attributes, sparse files of every GNU form. Written for archives that are attacker's bytes: every
 * number and length is checked, and memory does not grow with the archive.
 *
 * <p>Extended attributes are binary (a capability set is), which common tar libraries lose by
 * reading PAX values as text.
 *
 * <p>As in Go's archive/tar, which writes and reads most images: global PAX headers change nothing,
 * and links, directories and devices have no content, whatever size they claim.
 */
public final class TarReader {
  private static final int BLOCK = 512;

  /** A multiple of the block size; large, because each fill is hashed and may be written whole. */
  private static final int BUFFER_BYTES = 256 * 1024;

  /** PAX records and GNU long names of one member. Attributes have 64 KiB each at most. */
  private static final int MAX_EXTENSION_BYTES = 1024 * 1024;

  private static final int MAX_SPARSE_FRAGMENTS = 100_000;
  private static final String XATTR_PREFIX = "SCHILY.xattr.";
  private static final BigDecimal MAX_SECONDS = BigDecimal.valueOf(1L << 40);

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  /** Bytes read from the stream so far; the buffer holds the last of them. */
  private long filled;

  /** Of the current member: content still in the archive, and the padding that follows it. */
  private long contentLeft;

  private int padding;
  private List<Fragment> fragments = List.of();
  private long currentSize;

  /** A part of a sparse file that is stored; the rest reads as zeros. */
  private record Fragment(long offset, long length) {}

  /** Receives a file's content in order; what is skipped between is zeros. */
  @FunctionalInterface
  public interface ContentSink {
    void write(long fileOffset, byte[] source, int start, int length) throws IOException;
  }

  public TarReader(InputStream in) {
    this.in = in;
  }

  /** The next member; what is left of the one before is skipped. Empty at the end. */
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
        case 'x' -> extensions.pax = readPax(size(header));
        case 'g' -> readPax(size(header));
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
   * Where in the stream the current member's content begins, before any of it is delivered. Empty
   * for a sparse file, which does not stand there as it is.
   */
  public OptionalLong contentOffset() {
    return fragments.isEmpty()
        ? OptionalLong.of(filled - (limit - position))
        : OptionalLong.empty();
  }

  /** Delivers the current member's content, once. */
  public void content(ContentSink sink) throws IOException {
    if (fragments.isEmpty()) {
      long offset = 0;
      while (contentLeft > 0) {
        int count = available();
        sink.write(offset, buffer, position, count);
        offset += count;
        consume(count);
      }
    } else {
      for (Fragment fragment : fragments) {
        long done = 0;
        while (done < fragment.length) {
          int count = (int) Math.min(available(), fragment.length - done);
          sink.write(fragment.offset + done, buffer, position, count);
          done += count;
          consume(count);
        }
      }
    }
  }

  /**
   * Reads on to the end of the stream, past the archive's own: the digest of a layer covers that
   * too.
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
    Map<String, byte[]> pax = extensions.pax;
    String name = text(pax, "path", extensions.longName).orElse("");
    if (name.isEmpty()) {
      name = headerName(header);
    }
    String linkName = text(pax, "linkpath", extensions.longLink).orElse("");
    if (linkName.isEmpty()) {
      linkName = string(header + 157, 100);
    }
    TarEntry.Type type = type(flag, name);
    boolean device = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
    long stored = pax.containsKey("size") ? number(pax, "size") : size(header);
    int mode = (int) (numeric(header + 100, 8, "mode") & 0xFFF);
    long uid = pax.containsKey("uid") ? number(pax, "uid") : numeric(header + 108, 8, "uid");
    long gid = pax.containsKey("gid") ? number(pax, "gid") : numeric(header + 116, 8, "gid");
    byte[] paxTime = pax.get("mtime");
    FileTime modified = paxTime != null ? time(paxTime) : headerTime(header);
    long major = device ? numeric(header + 329, 8, "device major") : 0;
    long minor = device ? numeric(header + 337, 8, "device minor") : 0;
    // Last: a sparse map is read on from here, and the header's bytes leave the buffer.
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
        attributes(pax));
  }

  /** The file's real name, where a sparse format keeps it apart from the header's. */
  private Optional<String> beginContent(
      int header, char flag, TarEntry.Type type, long stored, Map<String, byte[]> pax)
      throws IOException {
    boolean file = type == TarEntry.Type.FILE;
    fragments = List.of();
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
      // V7 has no type for directories but a slash at the end.
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
                  .formatted(display(name), (int) flag));
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
      return name; // V7 has no prefix; GNU has times there
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

  /** Octal text, or GNU's base 256 where the first bit is set (two's complement). */
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
      value = value << 3 | (buffer[i] - '0'); // 12 digits at most: no overflow
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

  /** After a zero block: a second one or the end. Anything else would be hidden from others. */
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
    Map<String, byte[]> pax = Map.of();
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

  /** Records of the form {@code "length key=value\n"}, the length counting itself (pax(1)). */
  private Map<String, byte[]> readPax(long size) throws IOException {
    byte[] content = readExtension(size);
    Map<String, byte[]> records = new HashMap<>();
    StringBuilder sparseMap = new StringBuilder();
    int start = 0;
    while (start < content.length) {
      int space = indexOf(content, ' ', start, Math.min(content.length, start + 8));
      int length = space < 0 ? -1 : decimal(content, start, space);
      int end = start + length;
      if (length <= 0 || end > content.length || content[end - 1] != '\n') {
        throw new ArchiveFormatException("PAX record with a length that is wrong");
      }
      int equals = indexOf(content, '=', space + 1, end);
      if (equals <= space + 1) {
        throw new ArchiveFormatException("PAX record without a key");
      }
      String key = new String(content, space + 1, equals - space - 1, UTF_8);
      byte[] value = Arrays.copyOfRange(content, equals + 1, end - 1);
      switch (key) {
        // Sparse format 0.0 repeats these two in pairs: kept in order, as format 0.1 has them.
        case "GNU.sparse.offset", "GNU.sparse.numbytes" ->
            sparseMap.append(sparseMap.isEmpty() ? "" : ",").append(new String(value, ISO_8859_1));
        default -> records.put(key, value);
      }
      start = end;
    }
    if (!sparseMap.isEmpty()) {
      records.put("GNU.sparse.map", sparseMap.toString().getBytes(ISO_8859_1));
    }
    return records;
  }

  private static int indexOf(byte[] content, char wanted, int start, int end) {
    for (int i = start; i < end; i++) {
      if (content[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static int decimal(byte[] content, int start, int end) {
    int value = 0;
    for (int i = start; i < end; i++) {
      if (content[i] < '0' || content[i] > '9') {
        return -1;
      }
      value = value * 10 + content[i] - '0';
    }
    return end == start ? -1 : value;
  }

  private static Map<String, byte[]> attributes(Map<String, byte[]> pax) {
    Map<String, byte[]> attributes = Map.of();
    for (Map.Entry<String, byte[]> record : pax.entrySet()) {
      if (record.getKey().startsWith(XATTR_PREFIX)) {
        if (attributes.isEmpty()) {
          attributes = new HashMap<>();
        }
        attributes.put(record.getKey().substring(XATTR_PREFIX.length()), record.getValue());
      }
    }
    return attributes;
  }

  /** PAX wins over GNU's long name; an empty PAX value stands for none. */
  private static Optional<String> text(
      Map<String, byte[]> pax, String key, Optional<String> otherwise) throws IOException {
    byte[] value = pax.get(key);
    if (value == null || value.length == 0) {
      return otherwise;
    }
    String text = new String(value, ISO_8859_1);
    if (text.indexOf('\0') >= 0) {
      throw new ArchiveFormatException("PAX " + key + " with a zero byte");
    }
    return Optional.of(text);
  }

  private static long number(Map<String, byte[]> pax, String key) throws ArchiveFormatException {
    byte[] value = pax.getOrDefault(key, new byte[0]);
    return parseNumber(new String(value, ISO_8859_1), "PAX " + key);
  }

  private static long parseNumber(String text, String what) throws ArchiveFormatException {
    if (text.isEmpty() || text.length() > 19 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new ArchiveFormatException(what + " is not a number");
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new ArchiveFormatException(what + " is beyond 64 bits");
    }
  }

  private static FileTime time(byte[] value) throws ArchiveFormatException {
    String text = new String(value, ISO_8859_1);
    // No exponents: BigDecimal would expand 1e999999999.
    if (text.length() > 40 || !text.matches("-?[0-9]+(\\.[0-9]*)?")) {
      throw new ArchiveFormatException("PAX mtime is not a time");
    }
    BigDecimal exact = new BigDecimal(text);
    if (exact.abs().compareTo(MAX_SECONDS) > 0) {
      throw new ArchiveFormatException("PAX mtime is out of range");
    }
    BigDecimal seconds = exact.setScale(0, RoundingMode.FLOOR);
    BigDecimal nanoseconds = exact.subtract(seconds).movePointRight(9);
    return new FileTime(seconds.longValueExact(), nanoseconds.intValue());
  }

  // ── sparse files (GNU tar manual, Sparse Formats) ──────────────────────────────────────────

  private void readGnuSparse(int header) throws IOException {
    long realSize = numeric(header + 483, 12, "sparse size");
    List<Fragment> map = new ArrayList<>();
    boolean more = addGnuFragments(map, header + 386, 4) && buffer[header + 482] != 0;
    while (more) {
      if (!hasBlock()) {
        throw new ArchiveFormatException("tar ends within a sparse map");
      }
      int block = position;
      position += BLOCK;
      more = addGnuFragments(map, block, 21) && buffer[block + 504] != 0;
    }
    setSparse(realSize, map);
  }

  /** Whether all of the table's slots were used. */
  private boolean addGnuFragments(List<Fragment> map, int start, int slots) throws IOException {
    for (int i = 0; i < slots; i++) {
      int slot = start + 24 * i;
      if (buffer[slot] == 0) {
        return false;
      }
      addFragment(map, numeric(slot, 12, "sparse offset"), numeric(slot + 12, 12, "sparse length"));
    }
    return true;
  }

  /** The file's real name, where the PAX records make it sparse and say one. */
  private Optional<String> readPaxSparse(Map<String, byte[]> pax) throws IOException {
    boolean inContent = pax.containsKey("GNU.sparse.major") && number(pax, "GNU.sparse.major") == 1;
    if (inContent) {
      setSparse(number(pax, "GNU.sparse.realsize"), readMapInContent());
    } else if (pax.containsKey("GNU.sparse.map")) {
      String key = pax.containsKey("GNU.sparse.realsize") ? "realsize" : "size";
      setSparse(number(pax, "GNU.sparse." + key), parseMap(pax));
    } else {
      return Optional.empty();
    }
    return text(pax, "GNU.sparse.name", Optional.empty());
  }

  private static List<Fragment> parseMap(Map<String, byte[]> pax) throws ArchiveFormatException {
    String text = new String(pax.getOrDefault("GNU.sparse.map", new byte[0]), ISO_8859_1);
    String[] numbers = text.isEmpty() ? new String[0] : text.split(",", -1);
    if (numbers.length % 2 != 0) {
      throw new ArchiveFormatException("sparse map with an odd count of numbers");
    }
    List<Fragment> map = new ArrayList<>();
    for (int i = 0; i < numbers.length; i += 2) {
      addFragment(
          map,
          parseNumber(numbers[i], "sparse offset"),
          parseNumber(numbers[i + 1], "sparse length"));
    }
    return map;
  }

  /** Format 1.0: decimal lines at the head of the content, padded to a block. */
  private List<Fragment> readMapInContent() throws IOException {
    long before = contentLeft;
    long count = readLine();
    if (count > MAX_SPARSE_FRAGMENTS) {
      throw new ArchiveFormatException(
          "sparse map of more than " + MAX_SPARSE_FRAGMENTS + " parts");
    }
    List<Fragment> map = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      long offset = readLine();
      addFragment(map, offset, readLine());
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
        return parseNumber(digits.toString(), "sparse map");
      }
      digits.append(c);
      if (digits.length() > 19) {
        break;
      }
    }
    throw new ArchiveFormatException("sparse map is not lines of numbers");
  }

  private static void addFragment(List<Fragment> map, long offset, long length)
      throws ArchiveFormatException {
    long previousEnd = map.isEmpty() ? 0 : map.getLast().offset + map.getLast().length;
    if (offset < previousEnd || length < 0 || offset + length < offset) {
      throw new ArchiveFormatException("sparse map whose parts overlap or overflow");
    }
    if (map.size() >= MAX_SPARSE_FRAGMENTS) {
      throw new ArchiveFormatException(
          "sparse map of more than " + MAX_SPARSE_FRAGMENTS + " parts");
    }
    map.add(new Fragment(offset, length));
  }

  private void setSparse(long realSize, List<Fragment> map) throws ArchiveFormatException {
    long stored = 0;
    for (Fragment fragment : map) {
      stored += fragment.length;
      if (fragment.offset + fragment.length > realSize) {
        throw new ArchiveFormatException("sparse map that reaches beyond the file's size");
      }
    }
    if (stored != contentLeft) {
      throw new ArchiveFormatException("sparse map that differs from the stored size");
    }
    currentSize = realSize;
    // One empty part, where nothing is stored: the list says that the file is sparse.
    fragments = map.isEmpty() ? List.of(new Fragment(0, 0)) : map;
  }

  // ── the stream ─────────────────────────────────────────────────────────────────────────────

  /** Makes a whole block stand at the position; false at a clean end. */
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

  /** How many content bytes stand at the position, at least one; some must be left. */
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
        // Go's writer leaves it out where it is not closed, as by umoci insert; Go's reader, and so
        // every other runtime, takes it for the end.
        padding = 0;
      }
      int skipped = Math.min(limit - position, padding);
      position += skipped;
      padding -= skipped;
    }
    fragments = List.of();
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

  /** A name of the archive as a message shows it. */
  public static String display(String name) {
    String text = new String(name.getBytes(ISO_8859_1), UTF_8).replaceAll("\\p{Cntrl}", "?");
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }
}
