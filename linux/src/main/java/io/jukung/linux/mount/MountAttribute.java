package io.jukung.linux.mount;

/** An attribute of one mount, apart from those of its file system (mount_setattr(2)). */
public enum MountAttribute {
  RDONLY(0x1),
  NOSUID(0x2),
  NODEV(0x4),
  NOEXEC(0x8),
  /** With {@code STRICTATIME} a value of one field; without both, access times are relative. */
  NOATIME(0x10),
  STRICTATIME(0x20),
  NODIRATIME(0x80),
  NOSYMFOLLOW(0x200000);

  /**
   * The field of NOATIME and STRICTATIME. The kernel requires that it is cleared when one of them
   * is set.
   */
  static final long ATIME_FIELD = 0x70;

  private final int bit;

  MountAttribute(int bit) {
    this.bit = bit;
  }

  /** Returns the value of MOUNT_ATTR_*. */
  public long bit() {
    return bit;
  }

  boolean isAccessTime() {
    return (bit & ATIME_FIELD) != 0;
  }
}
