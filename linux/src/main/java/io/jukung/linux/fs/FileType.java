package io.jukung.linux.fs;

/** The type of a file (inode(7), S_IFMT). */
public enum FileType {
  REGULAR(0x8000, "regular file"),
  DIRECTORY(0x4000, "directory"),
  SYMLINK(0xA000, "symbolic link"),
  CHARACTER_DEVICE(0x2000, "character device"),
  BLOCK_DEVICE(0x6000, "block device"),
  FIFO(0x1000, "FIFO"),
  SOCKET(0xC000, "socket");

  private static final int S_IFMT = 0xF000;

  private final int bits;
  private final String noun;

  FileType(int bits, String noun) {
    this.bits = bits;
    this.noun = noun;
  }

  /** Returns the S_IFMT bits of a mode. */
  public int bits() {
    return bits;
  }

  /** Returns the name of the type for messages. */
  public String noun() {
    return noun;
  }

  static FileType ofMode(int mode) {
    for (FileType type : values()) {
      if (type.bits == (mode & S_IFMT)) {
        return type;
      }
    }
    throw new IllegalArgumentException("file mode 0" + Integer.toOctalString(mode));
  }
}
