package io.jukung.linux.fs;

import io.jukung.linux.libc.Arch;

/**
 * Flags of openat2(2) and of the other system calls that take a directory descriptor and a path
 * (fcntl.h, linux/openat2.h), with the kernel's names and this machine's values.
 */
public final class OpenFlags {
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_NOCTTY = 0x100;
  public static final int O_TRUNC = 0x200;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;
  // asm/fcntl.h of arm64 differs from asm-generic in these two.
  public static final int O_DIRECTORY = Arch.CURRENT == Arch.AARCH64 ? 0x4000 : 0x10000;
  public static final int O_NOFOLLOW = Arch.CURRENT == Arch.AARCH64 ? 0x8000 : 0x20000;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_PATH = 0x200000;

  public static final int AT_SYMLINK_NOFOLLOW = 0x100;
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_SYMLINK_FOLLOW = 0x400;
  public static final int AT_EMPTY_PATH = 0x1000;
  public static final int AT_RECURSIVE = 0x8000;

  public static final int RESOLVE_NO_XDEV = 0x01;
  public static final int RESOLVE_NO_MAGICLINKS = 0x02;
  public static final int RESOLVE_NO_SYMLINKS = 0x04;
  public static final int RESOLVE_BENEATH = 0x08;
  public static final int RESOLVE_IN_ROOT = 0x10;

  private OpenFlags() {}

  static String describe(long flags) {
    StringBuilder text =
        new StringBuilder(
            switch ((int) flags & 3) {
              case O_WRONLY -> "O_WRONLY";
              case O_RDWR -> "O_RDWR";
              default -> (flags & O_PATH) != 0 ? "O_PATH" : "O_RDONLY";
            });
    append(text, flags, O_CREAT, "O_CREAT");
    append(text, flags, O_EXCL, "O_EXCL");
    append(text, flags, O_TRUNC, "O_TRUNC");
    append(text, flags, O_APPEND, "O_APPEND");
    append(text, flags, O_DIRECTORY, "O_DIRECTORY");
    append(text, flags, O_NOFOLLOW, "O_NOFOLLOW");
    return text.toString();
  }

  private static void append(StringBuilder text, long flags, int flag, String name) {
    if ((flags & flag) != 0) {
      text.append('|').append(name);
    }
  }
}
