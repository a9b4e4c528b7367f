package io.jukung.linux.mount;

import io.jukung.linux.fs.OpenFlags;

/**
 * Flags and commands of the mount API (linux/mount.h; fsopen(2), fsconfig(2), fsmount(2),
 * open_tree(2), move_mount(2), mount_setattr(2), umount2(2)), with the kernel's names.
 */
public final class MountFlags {
  public static final int FSOPEN_CLOEXEC = 1;
  public static final int FSMOUNT_CLOEXEC = 1;
  public static final int FSCONFIG_SET_FLAG = 0;
  public static final int FSCONFIG_SET_STRING = 1;
  public static final int FSCONFIG_CMD_CREATE = 6;
  public static final int OPEN_TREE_CLONE = 1;
  public static final int OPEN_TREE_CLOEXEC = OpenFlags.O_CLOEXEC;
  public static final int MOVE_MOUNT_F_EMPTY_PATH = 0x4;
  public static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
  public static final long MOUNT_ATTR_IDMAP = 0x10_0000;
  public static final int MNT_DETACH = 2;
  public static final int UMOUNT_NOFOLLOW = 8;

  private MountFlags() {}
}
