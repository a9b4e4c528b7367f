package io.jukung.image.layer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A POSIX access control list in the form of its extended attribute (acl(5), posix_acl_xattr.h).
 * What the kernel does when such an attribute is set is done here, too: the mode follows the list,
 * and a list that says no more than a mode is not stored.
 */
record PosixAcl(List<Entry> entries) {
  private static final int VERSION = 2;
  private static final int HEADER_BYTES = 4;
  private static final int ENTRY_BYTES = 8;
  private static final int USER_OBJ = 0x01;
  private static final int USER = 0x02;
  private static final int GROUP_OBJ = 0x04;
  private static final int GROUP = 0x08;
  private static final int MASK = 0x10;
  private static final int OTHER = 0x20;
  private static final int END = 0;
  private static final int NO_ID = -1;
  private static final int ALL = 7;

  /**
   * One line of the list: whom it is about, what is allowed, and the id of a named user or group.
   */
  record Entry(int tag, int permissions, int id) {}

  /** Whether the value has a version that the kernel does not know. */
  static boolean isOfOtherVersion(byte[] value) {
    return value.length >= HEADER_BYTES
        && ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt() != VERSION;
  }

  /**
   * Parses the attribute's value.
   *
   * @throws IllegalArgumentException for a value that the kernel refuses
   */
  static PosixAcl parse(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    if (value.length < HEADER_BYTES || (value.length - HEADER_BYTES) % ENTRY_BYTES != 0) {
      throw new IllegalArgumentException("its size is wrong");
    }
    in.getInt(); // the version, see isOfOtherVersion
    List<Entry> entries = new ArrayList<>();
    while (in.hasRemaining()) {
      int tag = in.getShort() & 0xFFFF;
      int permissions = in.getShort() & 0xFFFF;
      int id = in.getInt();
      boolean named = tag == USER || tag == GROUP;
      boolean known = named || tag == USER_OBJ || tag == GROUP_OBJ || tag == MASK || tag == OTHER;
      if (!known || (named && id == NO_ID)) {
        throw new IllegalArgumentException("an entry has an unknown type or no id");
      }
      entries.add(new Entry(tag, permissions, named ? id : NO_ID));
    }
    return new PosixAcl(List.copyOf(entries));
  }

  /**
   * Checks the permissions and the order: owner, named users, group, named groups, mask, others; as
   * posix_acl_valid() of the kernel.
   *
   * @throws IllegalArgumentException for a list that the kernel refuses
   */
  PosixAcl check() {
    int state = USER_OBJ;
    boolean needsMask = false;
    for (Entry entry : entries) {
      boolean fits =
          switch (entry.tag) {
            case USER_OBJ, GROUP_OBJ -> state == (entry.tag == USER_OBJ ? USER_OBJ : USER);
            case USER, GROUP -> state == entry.tag;
            case MASK -> state == GROUP;
            case OTHER -> state == OTHER || (state == GROUP && !needsMask);
            default -> false;
          };
      if (!fits || entry.permissions > ALL) {
        throw new IllegalArgumentException("its entries are not in order, or allow too much");
      }
      needsMask |= entry.tag == USER || entry.tag == GROUP;
      state =
          switch (entry.tag) {
            case USER_OBJ, USER -> USER;
            case GROUP_OBJ, GROUP -> GROUP;
            case MASK -> OTHER;
            default -> END;
          };
    }
    if (state != END && !entries.isEmpty()) {
      throw new IllegalArgumentException("it has not all entries");
    }
    return this;
  }

  /** Whether the list says more than a mode can say. */
  boolean isExtended() {
    return entries.stream().anyMatch(e -> e.tag == USER || e.tag == GROUP || e.tag == MASK);
  }

  /** The mode that the kernel gives the file; the set-id bits and the sticky bit stay. */
  int mode(int before) {
    int mode = before & ~0777;
    for (Entry entry : entries) {
      switch (entry.tag) {
        case USER_OBJ -> mode |= entry.permissions << 6;
        case GROUP_OBJ -> mode |= entry.permissions << 3;
        case MASK -> mode = (mode & ~0070) | entry.permissions << 3;
        case OTHER -> mode |= entry.permissions;
        default -> {} // a named user or group has no bits in the mode
      }
    }
    return entries.isEmpty() ? before : mode;
  }

  /** The list after a change of the mode, as posix_acl_chmod() of the kernel. */
  PosixAcl withMode(int mode) {
    boolean masked = entries.stream().anyMatch(entry -> entry.tag == MASK);
    List<Entry> changed = new ArrayList<>();
    for (Entry entry : entries) {
      int permissions =
          switch (entry.tag) {
            case USER_OBJ -> mode >> 6 & ALL;
            case GROUP_OBJ -> masked ? entry.permissions : mode >> 3 & ALL;
            case MASK -> mode >> 3 & ALL;
            case OTHER -> mode & ALL;
            default -> entry.permissions;
          };
      changed.add(new Entry(entry.tag, permissions, entry.id));
    }
    return new PosixAcl(List.copyOf(changed));
  }

  /** The attribute's value as the kernel returns it. */
  byte[] bytes() {
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_BYTES + entries.size() * ENTRY_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(VERSION);
    for (Entry entry : entries) {
      out.putShort((short) entry.tag).putShort((short) entry.permissions).putInt(entry.id);
    }
    return out.array();
  }
}
