package io.jukung.image.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.linux.fs.FileTime;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The records of a PAX extended header (pax(1)), by key: bytes, each as one char (ISO 8859-1). */
record PaxRecords(Map<String, byte[]> records) {
  static final PaxRecords NONE = new PaxRecords(Map.of());

  private static final String XATTR_PREFIX = "SCHILY.xattr.";
  private static final BigDecimal MAX_SECONDS = BigDecimal.valueOf(1L << 40);

  /** Parses records of the form {@code "length key=value\n"}; the length counts itself. */
  static PaxRecords parse(byte[] content) throws ArchiveFormatException {
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
      String key = new String(content, space + 1, equals - space - 1, ISO_8859_1);
      byte[] value = Arrays.copyOfRange(content, equals + 1, end - 1);
      switch (key) {
        // Sparse format 0.0 repeats these two records in pairs: they are joined in order, which is
        // the form of format 0.1.
        case "GNU.sparse.offset", "GNU.sparse.numbytes" ->
            sparseMap.append(sparseMap.isEmpty() ? "" : ",").append(new String(value, ISO_8859_1));
        default -> records.put(key, value);
      }
      start = end;
    }
    if (!sparseMap.isEmpty()) {
      records.put("GNU.sparse.map", sparseMap.toString().getBytes(ISO_8859_1));
    }
    return new PaxRecords(records);
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

  boolean has(String key) {
    return records.containsKey(key);
  }

  /** The value's bytes, each as one char; an empty value counts as none. */
  Optional<String> text(String key) throws ArchiveFormatException {
    byte[] value = records.get(key);
    if (value == null || value.length == 0) {
      return Optional.empty();
    }
    String text = new String(value, ISO_8859_1);
    if (text.indexOf('\0') >= 0) {
      throw new ArchiveFormatException("PAX " + key + " with a zero byte");
    }
    return Optional.of(text);
  }

  long number(String key) throws ArchiveFormatException {
    byte[] value = records.getOrDefault(key, new byte[0]);
    return parseNumber(new String(value, ISO_8859_1), "PAX " + key);
  }

  /** The modification time, if there is one. */
  Optional<FileTime> modified() throws ArchiveFormatException {
    byte[] value = records.get("mtime");
    if (value == null) {
      return Optional.empty();
    }
    String text = new String(value, ISO_8859_1);
    // Exponents are rejected because BigDecimal would expand 1e999999999.
    if (text.length() > 40 || !text.matches("-?[0-9]+(\\.[0-9]*)?")) {
      throw new ArchiveFormatException("PAX mtime is not a time");
    }
    BigDecimal exact = new BigDecimal(text);
    if (exact.abs().compareTo(MAX_SECONDS) > 0) {
      throw new ArchiveFormatException("PAX mtime is out of range");
    }
    BigDecimal seconds = exact.setScale(0, RoundingMode.FLOOR);
    BigDecimal nanoseconds = exact.subtract(seconds).movePointRight(9);
    return Optional.of(new FileTime(seconds.longValueExact(), nanoseconds.intValue()));
  }

  /** The extended attributes by name; values are binary. */
  Map<String, byte[]> extendedAttributes() {
    Map<String, byte[]> attributes = Map.of();
    for (Map.Entry<String, byte[]> record : records.entrySet()) {
      if (record.getKey().startsWith(XATTR_PREFIX)) {
        if (attributes.isEmpty()) {
          attributes = new HashMap<>();
        }
        attributes.put(record.getKey().substring(XATTR_PREFIX.length()), record.getValue());
      }
    }
    return attributes;
  }

  /** A decimal number without sign, of up to 63 bits. */
  static long parseNumber(String text, String what) throws ArchiveFormatException {
    if (text.isEmpty() || text.length() > 19 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new ArchiveFormatException(what + " is not a number");
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new ArchiveFormatException(what + " is beyond 64 bits");
    }
  }
}
