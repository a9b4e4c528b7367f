package io.jukung.linux.archive;

import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Turns the ids of files on the host into those that the container sees. The two differ if the
 * container's pod has a user namespace of its own.
 *
 * @param firstUser the host's id of the container's user 0
 * @param firstGroup the host's id of the container's group 0
 * @param count how many ids the container has, of each kind
 */
public record OwnerMap(long firstUser, long firstGroup, long count) {
  /** For containers without a user namespace of their own. */
  public static final OwnerMap SAME = new OwnerMap(0, 0, 0xffffffffL);

  /** What the kernel shows instead of ids that a user namespace does not have (overflowuid). */
  private static final long OVERFLOW_ID = 65_534;

  private static final int ACL_HEADER_BYTES = 4;
  private static final int ACL_ENTRY_BYTES = 8;
  private static final int ACL_USER = 0x02;
  private static final int ACL_GROUP = 0x08;
  private static final int CAPABILITY_3_BYTES = 24;
  private static final int CAPABILITY_2_BYTES = 20;
  private static final int REVISION_MASK = 0xFF00_0000;
  private static final int REVISION_2 = 0x0200_0000;

  /** The map of a container whose pod has these ids; null: those of the host. */
  public static OwnerMap of(@Nullable IdMappings ids) {
    return ids == null
        ? SAME
        : new OwnerMap(ids.users().firstHostId(), ids.groups().firstHostId(), ids.users().length());
  }

  /** Whether host and container have the same ids. */
  public boolean isSame() {
    return equals(SAME);
  }

  /**
   * The container's id of a user of the host.
   *
   * @throws IOException if the container has no such user
   */
  public long user(int hostId) throws IOException {
    return map(Integer.toUnsignedLong(hostId), firstUser, "user");
  }

  /** The container's id of a group of the host. */
  public long group(int hostId) throws IOException {
    return map(Integer.toUnsignedLong(hostId), firstGroup, "group");
  }

  /** Whether a user of the host is one of the container. */
  public boolean isUser(int hostId, int id) {
    return Integer.toUnsignedLong(hostId) == firstUser + Integer.toUnsignedLong(id);
  }

  /** Whether a group of the host is one of the container. */
  public boolean isGroup(int hostId, int id) {
    return Integer.toUnsignedLong(hostId) == firstGroup + Integer.toUnsignedLong(id);
  }

  /**
   * The container's id of a user of the host; the kernel's id for others if it has no such user.
   */
  public long shownUser(int hostId) {
    return shown(Integer.toUnsignedLong(hostId), firstUser);
  }

  /** The container's id of a group of the host; the kernel's id for others if it has none. */
  public long shownGroup(int hostId) {
    return shown(Integer.toUnsignedLong(hostId), firstGroup);
  }

  private long shown(long hostId, long first) {
    long id = hostId - first;
    return id < 0 || id >= count ? OVERFLOW_ID : id;
  }

  /**
   * The host's id of a user of the container.
   *
   * @throws IOException if the container has no such user
   */
  public long hostUser(long id) throws IOException {
    return host(id, firstUser, "user");
  }

  /** The host's id of a group of the container. */
  public long hostGroup(long id) throws IOException {
    return host(id, firstGroup, "group");
  }

  private long host(long id, long first, String what) throws IOException {
    if (id < 0 || id >= count) {
      throw new IOException("its %s %d is none of the container's".formatted(what, id));
    }
    return first + id;
  }

  private long map(long hostId, long first, String what) throws IOException {
    long id = hostId - first;
    if (id < 0 || id >= count) {
      throw new IOException("its %s %d is none of the container's".formatted(what, hostId));
    }
    return id;
  }

  /** An access control list (posix_acl_xattr.h) with the container's ids. */
  public byte[] acl(byte[] value) throws IOException {
    if (isSame() || value.length < ACL_HEADER_BYTES) {
      return value;
    }
    byte[] mapped = value.clone();
    ByteBuffer entries = ByteBuffer.wrap(mapped).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = ACL_HEADER_BYTES; at + ACL_ENTRY_BYTES <= mapped.length; at += ACL_ENTRY_BYTES) {
      int id = entries.getInt(at + 4);
      switch (entries.getShort(at)) {
        case ACL_USER -> entries.putInt(at + 4, (int) user(id));
        case ACL_GROUP -> entries.putInt(at + 4, (int) group(id));
        default -> {} // the owner, the mask and the others have no id
      }
    }
    return mapped;
  }

  /**
   * File capabilities (linux/capability.h). Revision 3 names the root user of the namespace that
   * they hold in: for the container's own root that is revision 2 in the image.
   */
  public byte[] capability(byte[] value) throws IOException {
    if (isSame() || value.length != CAPABILITY_3_BYTES) {
      return value;
    }
    ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    long root = user(in.getInt(CAPABILITY_2_BYTES));
    byte[] mapped = value.clone();
    ByteBuffer out = ByteBuffer.wrap(mapped).order(ByteOrder.LITTLE_ENDIAN);
    if (root != 0) {
      out.putInt(CAPABILITY_2_BYTES, (int) root);
      return mapped;
    }
    out.putInt(0, (in.getInt(0) & ~REVISION_MASK) | REVISION_2);
    return Arrays.copyOf(mapped, CAPABILITY_2_BYTES);
  }
}
