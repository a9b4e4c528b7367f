package io.jukung.linux.mount;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_RECURSIVE;
import static io.jukung.linux.mount.MountFlags.MNT_DETACH;
import static io.jukung.linux.mount.MountFlags.MOUNT_ATTR_IDMAP;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_F_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_T_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.OPEN_TREE_CLOEXEC;
import static io.jukung.linux.mount.MountFlags.OPEN_TREE_CLONE;
import static io.jukung.linux.mount.MountFlags.UMOUNT_NOFOLLOW;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.file.Path;

/**
 * Operations on mounts by descriptor (open_tree(2), move_mount(2), mount_setattr(2), umount2(2)),
 * in the mount namespace of the calling thread. A mount that is attached nowhere ends when its last
 * descriptor is closed, so there is nothing to clean up.
 */
public final class Mounts {
  private Mounts() {}

  /** Makes a detached bind mount of {@code source} alone. Symlinks in the path are followed. */
  public static Fd clone(Path source) throws ErrnoException {
    return openTree(source, 0, "OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC");
  }

  /** Makes a detached bind mount of {@code source} and of every mount below it. */
  public static Fd cloneRecursive(Path source) throws ErrnoException {
    return openTree(source, AT_RECURSIVE, "OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE");
  }

  /** Makes a detached bind mount of an open directory or file; an O_PATH handle suffices. */
  public static Fd clone(Fd source) throws ErrnoException {
    return openTree(source, 0, "AT_EMPTY_PATH|OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC");
  }

  /** As {@link #clone(Fd)}, with every mount below it. */
  public static Fd cloneRecursive(Fd source) throws ErrnoException {
    return openTree(
        source, AT_RECURSIVE, "AT_EMPTY_PATH|OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE");
  }

  /** Attaches a detached mount at a path. A symlink at the end of the path is not followed. */
  public static void attach(Fd mount, Path target) throws ErrnoException {
    try (Memory empty = Memory.ofString("");
        Memory path = Memory.ofString(target.toString())) {
      Kernel.call(
          Syscall.MOVE_MOUNT,
          () -> "src=" + mount + ", dst=" + target + ", flags=MOVE_MOUNT_F_EMPTY_PATH",
          mount.number(),
          empty.address(),
          Fd.AT_FDCWD,
          path.address(),
          MOVE_MOUNT_F_EMPTY_PATH);
    }
  }

  /**
   * Attaches a detached mount on an open file or directory, such as the result of a confined
   * lookup.
   */
  public static void attach(Fd mount, Fd target) throws ErrnoException {
    try (Memory empty = Memory.ofString("")) {
      Kernel.call(
          Syscall.MOVE_MOUNT,
          () ->
              "src="
                  + mount
                  + ", dst="
                  + target
                  + ", flags=MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH",
          mount.number(),
          empty.address(),
          target.number(),
          empty.address(),
          MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    }
  }

  public static void change(Fd mount, MountAttributes attributes) throws ErrnoException {
    change(mount, attributes, AT_EMPTY_PATH, "AT_EMPTY_PATH");
  }

  /** Changes this mount and every mount below it, or none of them. */
  public static void changeRecursive(Fd mount, MountAttributes attributes) throws ErrnoException {
    change(mount, attributes, AT_EMPTY_PATH | AT_RECURSIVE, "AT_EMPTY_PATH|AT_RECURSIVE");
  }

  /** Changes the mount whose root is at {@code path}, and every mount below it. */
  public static void changeRecursive(Path path, MountAttributes attributes) throws ErrnoException {
    try (Memory name = Memory.ofString(path.toString());
        Memory struct = attributes.toStruct()) {
      Kernel.call(
          Syscall.MOUNT_SETATTR,
          () -> "path=" + path + ", flags=AT_RECURSIVE, " + attributes,
          Fd.AT_FDCWD,
          name.address(),
          AT_RECURSIVE,
          struct.address(),
          MountAttributes.STRUCT_SIZE);
    }
  }

  /**
   * Maps the ids of the files in a mount, and in every mount below it, by a user namespace. The
   * mount must not be attached yet. EINVAL if a file system does not support it.
   */
  public static void mapIds(Fd mount, Fd userNamespace) throws ErrnoException {
    try (Memory empty = Memory.ofString("");
        Memory struct = Memory.allocate(MountAttributes.STRUCT_SIZE)) {
      struct.putLong(0, MOUNT_ATTR_IDMAP).putLong(24, userNamespace.number());
      Kernel.call(
          Syscall.MOUNT_SETATTR,
          () ->
              "mount="
                  + mount
                  + ", flags=AT_EMPTY_PATH|AT_RECURSIVE, set=IDMAP, userns="
                  + userNamespace,
          mount.number(),
          empty.address(),
          AT_EMPTY_PATH | AT_RECURSIVE,
          struct.address(),
          MountAttributes.STRUCT_SIZE);
    }
  }

  /**
   * Detaches the topmost mount at {@code target}. Processes that use the mount keep it until they
   * end.
   *
   * @return false if nothing is mounted there, or if the path does not exist
   */
  public static boolean detach(Path target) throws ErrnoException {
    try (Memory path = Memory.ofString(target.toString())) {
      return Kernel.attempt(
              Syscall.UMOUNT2,
              () -> "target=" + target + ", flags=MNT_DETACH|UMOUNT_NOFOLLOW",
              errno -> // EINVAL: not a mount point
              errno == Errno.EINVAL || errno == Errno.ENOENT || errno == Errno.ENOTDIR,
              path.address(),
              MNT_DETACH | UMOUNT_NOFOLLOW,
              0,
              0)
          == 0;
    }
  }

  private static Fd openTree(Path source, int flags, String decoded) throws ErrnoException {
    try (Memory path = Memory.ofString(source.toString())) {
      return Fd.own(
          Kernel.call(
              Syscall.OPEN_TREE,
              () -> "src=" + source + ", flags=" + decoded,
              Fd.AT_FDCWD,
              path.address(),
              flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    }
  }

  private static Fd openTree(Fd source, int flags, String decoded) throws ErrnoException {
    try (Memory empty = Memory.ofString("")) {
      return Fd.own(
          Kernel.call(
              Syscall.OPEN_TREE,
              () -> "src=" + source + ", flags=" + decoded,
              source.number(),
              empty.address(),
              flags | AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    }
  }

  private static void change(Fd mount, MountAttributes attributes, int flags, String decoded)
      throws ErrnoException {
    try (Memory empty = Memory.ofString("");
        Memory struct = attributes.toStruct()) {
      Kernel.call(
          Syscall.MOUNT_SETATTR,
          () -> "mount=" + mount + ", flags=" + decoded + ", " + attributes,
          mount.number(),
          empty.address(),
          flags,
          struct.address(),
          MountAttributes.STRUCT_SIZE);
    }
  }
}
