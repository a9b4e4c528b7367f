package io.jukung.image.layer;

import io.jukung.image.tar.TarEntry;
import io.jukung.image.tar.TarPath;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides which extended attributes of an archive a file gets, and with which values. A name or
 * value that the kernel would not let anyone set is refused, as by containerd, where setxattr(2)
 * fails. An EROFS image would store it, and each later use of the file would fail.
 */
final class ImageAttributes {
  static final String ACCESS_ACL = "system.posix_acl_access";
  static final String DEFAULT_ACL = "system.posix_acl_default";
  private static final String CAPABILITY = "security.capability";
  private static final String USER = "user.";
  private static final int MAX_NAME_BYTES = 255;

  /** The kernel allows one byte more, which an EROFS image cannot store. */
  private static final int MAX_VALUE_BYTES = 0xFFFF;

  /** Sizes and revisions of struct vfs_ns_cap_data (linux/capability.h). */
  private static final int CAPABILITY_2_BYTES = 20;

  private static final int CAPABILITY_3_BYTES = 24;
  private static final int REVISION_2 = 0x0200_0000;
  private static final int REVISION_3 = 0x0300_0000;
  private static final int EFFECTIVE = 1;

  private final TarEntry entry;
  private final Map<String, byte[]> kept = new TreeMap<>();
  private int mode;

  private ImageAttributes(TarEntry entry) {
    this.entry = entry;
    this.mode = entry.mode();
  }

  /** The attributes that the entry's file gets, and its mode, which an access list can change. */
  record Checked(Map<String, byte[]> extended, int mode) {}

  static Checked of(TarEntry entry) throws LayerFormatException {
    if (entry.attributes().isEmpty()) {
      return new Checked(Map.of(), entry.mode());
    }
    ImageAttributes attributes = new ImageAttributes(entry);
    for (Map.Entry<String, byte[]> each : entry.attributes().entrySet()) {
      attributes.add(each.getKey(), each.getValue());
    }
    return new Checked(attributes.kept, attributes.mode);
  }

  /**
   * Whether an image may set the attribute: capabilities, ACLs and user attributes. Security
   * labels, integrity signatures and {@code trusted.} attributes belong to the host.
   */
  static boolean isKept(String attribute) {
    return !isOverlays(attribute)
        && (attribute.equals(CAPABILITY)
            || attribute.startsWith(USER)
            || attribute.equals(ACCESS_ACL)
            || attribute.equals(DEFAULT_ACL));
  }

  /** Attributes by which an archive could change the tree that overlayfs shows. */
  private static boolean isOverlays(String attribute) {
    return attribute.startsWith("trusted.overlay.") || attribute.startsWith("user.overlay.");
  }

  private void add(String attribute, byte[] value) throws LayerFormatException {
    if (isOverlays(attribute)) {
      throw refused(attribute, "is overlayfs' own");
    }
    if (!isKept(attribute)) {
      return;
    }
    if (attribute.length() > MAX_NAME_BYTES
        || attribute.equals(USER)
        || attribute.indexOf('\0') >= 0) {
      throw refused(attribute, "has a name that is empty, too long or with a zero byte");
    }
    if (value.length > MAX_VALUE_BYTES) {
      throw refused(attribute, "has more than " + MAX_VALUE_BYTES + " bytes");
    }
    switch (attribute) {
      case CAPABILITY -> addCapability(value);
      case ACCESS_ACL, DEFAULT_ACL -> addAcl(attribute, value);
      default -> addUser(attribute, value);
    }
  }

  /** As xattr_permission() of the kernel: only files and directories have these. */
  private void addUser(String attribute, byte[] value) throws LayerFormatException {
    switch (entry.type()) {
      case FILE, DIRECTORY, HARD_LINK -> kept.put(attribute, value);
      case SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
          throw refused(attribute, "is possible for files and directories only");
    }
  }

  /** As cap_convert_nscap() of the kernel. */
  private void addCapability(byte[] value) throws LayerFormatException {
    ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    int revision = value.length < 4 ? 0 : in.getInt(0) & ~EFFECTIVE;
    boolean second = value.length == CAPABILITY_2_BYTES && revision == REVISION_2;
    boolean third =
        value.length == CAPABILITY_3_BYTES
            && revision == REVISION_3
            && in.getInt(CAPABILITY_2_BYTES) != -1;
    if (!second && !third) {
      throw refused(CAPABILITY, "is not a set of capabilities of revision 2 or 3");
    }
    kept.put(CAPABILITY, value);
  }

  private void addAcl(String attribute, byte[] value) throws LayerFormatException {
    if (PosixAcl.isOfOtherVersion(value) || value.length == 0) {
      return; // EOPNOTSUPP, which containerd ignores; without a value, a list would be removed
    }
    PosixAcl acl;
    try {
      acl = PosixAcl.parse(value);
      if (entry.type() == TarEntry.Type.SYMLINK) {
        return; // EOPNOTSUPP again: links have no ACL
      }
      acl.check();
    } catch (IllegalArgumentException e) {
      throw refused(attribute, "is not an access control list: " + e.getMessage());
    }
    if (attribute.equals(ACCESS_ACL)) {
      mode = acl.mode(mode);
      if (acl.isExtended()) {
        kept.put(attribute, acl.bytes());
      }
    } else if (!acl.entries().isEmpty()) {
      if (entry.type() != TarEntry.Type.DIRECTORY) {
        throw refused(attribute, "is possible for directories only");
      }
      kept.put(attribute, acl.bytes());
    }
  }

  private LayerFormatException refused(String attribute, String reason) {
    return new LayerFormatException(
        "layer entry %s is refused: the attribute %s %s"
            .formatted(TarPath.display(entry.name()), TarPath.display(attribute), reason));
  }
}
