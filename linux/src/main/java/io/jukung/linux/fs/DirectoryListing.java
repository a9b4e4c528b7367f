package io.jukung.linux.fs;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists the names in a directory, in the bytes and the order of the file system, without {@code .}
 * and {@code ..}.
 */
public final class DirectoryListing {
  private static final int BUFFER_BYTES = 32 * 1024;
  private static final int NAME_OFFSET = 19;

  private DirectoryListing() {}

  private static final int TYPE_OFFSET = 18;
  private static final int DT_UNKNOWN = 0;
  private static final int DT_DIR = 4;

  /** Decides by the type in a directory entry, and by the name, whether a name is listed. */
  private interface Choice {
    boolean takes(int type, byte[] name) throws ErrnoException;
  }

  /** Returns all names, also if the directory was listed before. */
  public static List<byte[]> names(Fd directory) throws ErrnoException {
    return list(directory, (_, _) -> true);
  }

  /** Returns the names of the directories, also if the directory was listed before. */
  public static List<byte[]> directories(Fd directory) throws ErrnoException {
    return list(
        directory,
        (type, name) ->
            type == DT_DIR
                || (type == DT_UNKNOWN
                    && FileStatus.find(directory, name)
                        .filter(FileStatus::isDirectory)
                        .isPresent()));
  }

  private static List<byte[]> list(Fd directory, Choice choice) throws ErrnoException {
    int fd = directory.number();
    directory.seek(0);
    List<byte[]> names = new ArrayList<>();
    try (Memory buffer = Memory.allocate(BUFFER_BYTES)) {
      while (true) {
        int length =
            (int)
                Kernel.call(
                    Syscall.GETDENTS64, directory::toString, fd, buffer.address(), BUFFER_BYTES);
        if (length == 0) {
          return names;
        }
        for (int offset = 0; offset < length; ) {
          int recordLength = Short.toUnsignedInt(buffer.getShort(offset + 16));
          byte[] name = name(buffer, offset + NAME_OFFSET);
          if (!isDots(name) && choice.takes(buffer.getByte(offset + TYPE_OFFSET), name)) {
            names.add(name);
          }
          offset += recordLength;
        }
      }
    }
  }

  private static byte[] name(Memory buffer, int start) {
    int end = start;
    while (buffer.getByte(end) != 0) {
      end++;
    }
    return buffer.getBytes(start, end - start);
  }

  private static boolean isDots(byte[] name) {
    return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
  }
}
