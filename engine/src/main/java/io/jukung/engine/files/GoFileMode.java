package io.jukung.engine.files;

/** The mode of a file as Go's os.FileMode, which the API has, of st_mode of stat(2). */
final class GoFileMode {
  private static final int TYPE = 0xf000;
  private static final int DIRECTORY = 0x4000;

  private GoFileMode() {}

  static boolean isDirectory(int mode) {
    return (mode & TYPE) == DIRECTORY;
  }

  static long of(int mode) {
    long go = mode & 0x1ff;
    go |=
        switch (mode & TYPE) {
          case DIRECTORY -> 1L << 31;
          case 0xa000 -> 1L << 27; // symbolic link
          case 0x6000 -> 1L << 26; // block device
          case 0x2000 -> 1L << 26 | 1L << 21; // character device
          case 0x1000 -> 1L << 25; // pipe
          case 0xc000 -> 1L << 24; // socket
          default -> 0;
        };
    go |= (mode & 0x800) != 0 ? 1L << 23 : 0; // set user id
    go |= (mode & 0x400) != 0 ? 1L << 22 : 0; // set group id
    go |= (mode & 0x200) != 0 ? 1L << 20 : 0; // sticky
    return go;
  }
}
