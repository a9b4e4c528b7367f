package io.jukung.image.erofs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The extended attributes that follow an inode (erofs_fs.h, erofs_xattr_ibody_header). */
public final class Attribute {
  static final int HEADER_BYTES = 12;
  private static final int ENTRY_BYTES = 4;
  private static final int MAX_NAME_BYTES = 255;
  private static final int MAX_VALUE_BYTES = 0xFFFF;

  /** The inode has the attributes' size in units of four bytes, in 16 bits. */
  private static final int MAX_BYTES = HEADER_BYTES + 4 * 0xFFFE;

  /** A prefix of attribute names, and the number that stands for it in the image. */
  private record Prefix(String text, int number) {}

  private static final List<Prefix> PREFIXES =
      List.of(
          new Prefix("system.posix_acl_access", 2),
          new Prefix("system.posix_acl_default", 3),
          new Prefix("security.", 6),
          new Prefix("trusted.", 4),
          new Prefix("user.", 1));

  private Attribute() {}

  /** Whether the format can store an attribute of this name. */
  public static boolean isKnown(String name) {
    return PREFIXES.stream().anyMatch(prefix -> name.startsWith(prefix.text))
        && name.length() <= MAX_NAME_BYTES;
  }

  /** Whether one inode can have all these attributes. */
  static boolean fit(Map<String, byte[]> attributes) {
    return attributes.values().stream().allMatch(value -> value.length <= MAX_VALUE_BYTES)
        && bytes(attributes) <= MAX_BYTES;
  }

  /** The attributes' size in the image, in bytes; 0 for none. */
  static int bytes(Map<String, byte[]> attributes) {
    if (attributes.isEmpty()) {
      return 0;
    }
    int bytes = HEADER_BYTES;
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      int name = attribute.getKey().length() - prefix(attribute.getKey()).text.length();
      bytes += padded(ENTRY_BYTES + name + attribute.getValue().length);
    }
    return bytes;
  }

  /** Writes the attributes, sorted by name so that equal trees give equal bytes. */
  static void put(Map<String, byte[]> attributes, ByteBuffer to) {
    if (attributes.isEmpty()) {
      return;
    }
    to.put(new byte[HEADER_BYTES]); // a header without shared attributes
    for (Map.Entry<String, byte[]> attribute : new TreeMap<>(attributes).entrySet()) {
      Prefix prefix = prefix(attribute.getKey());
      byte[] name = attribute.getKey().substring(prefix.text.length()).getBytes(ISO_8859_1);
      byte[] value = attribute.getValue();
      to.put((byte) name.length).put((byte) prefix.number).putShort((short) value.length);
      to.put(name).put(value);
      int bytes = ENTRY_BYTES + name.length + value.length;
      to.put(new byte[padded(bytes) - bytes]);
    }
  }

  private static Prefix prefix(String name) {
    return PREFIXES.stream()
        .filter(prefix -> name.startsWith(prefix.text))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("EROFS cannot store the attribute " + name));
  }

  private static int padded(int bytes) {
    return (bytes + 3) & ~3;
  }
}
