package io.jukung.image.erofs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.linux.fs.FileType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A directory's content: blocks that each have entries of 12 bytes, followed by the entries' names.
 * All names, "." and ".." among them, are sorted by their bytes, for the kernel's binary search.
 */
final class DirectoryBlocks {
  private static final int ENTRY_BYTES = 12;

  private DirectoryBlocks() {}

  /** The directory's size in bytes, as its inode states it. */
  static long bytes(Inode directory) {
    long blocks = 0;
    int used = 0;
    for (String name : names(directory, directory).keySet()) {
      int bytes = ENTRY_BYTES + name.length();
      if (used + bytes > ErofsWriter.BLOCK_BYTES) {
        blocks++;
        used = 0;
      }
      used += bytes;
    }
    return blocks * ErofsWriter.BLOCK_BYTES + used;
  }

  /** Writes the content, and pads every block but the last. All inodes must have their numbers. */
  static void put(Inode directory, Inode parent, ByteBuffer to) {
    List<Map.Entry<String, Inode>> block = new ArrayList<>();
    int used = 0;
    for (Map.Entry<String, Inode> entry : names(directory, parent).entrySet()) {
      int bytes = ENTRY_BYTES + entry.getKey().length();
      if (used + bytes > ErofsWriter.BLOCK_BYTES) {
        putBlock(block, to);
        to.put(new byte[ErofsWriter.BLOCK_BYTES - used]);
        block.clear();
        used = 0;
      }
      block.add(entry);
      used += bytes;
    }
    putBlock(block, to);
  }

  private static void putBlock(List<Map.Entry<String, Inode>> entries, ByteBuffer to) {
    int nameAt = entries.size() * ENTRY_BYTES;
    for (Map.Entry<String, Inode> entry : entries) {
      to.putLong(entry.getValue().number).putShort((short) nameAt);
      to.put((byte) number(entry.getValue().type())).put((byte) 0);
      nameAt += entry.getKey().length();
    }
    for (Map.Entry<String, Inode> entry : entries) {
      to.put(entry.getKey().getBytes(ISO_8859_1));
    }
  }

  private static NavigableMap<String, Inode> names(Inode directory, Inode parent) {
    NavigableMap<String, Inode> names = new TreeMap<>(directory.children());
    names.put(".", directory);
    names.put("..", parent);
    return names;
  }

  private static int number(FileType type) {
    return switch (type) {
      case REGULAR -> 1;
      case DIRECTORY -> 2;
      case CHARACTER_DEVICE -> 3;
      case BLOCK_DEVICE -> 4;
      case FIFO -> 5;
      case SOCKET -> 6;
      case SYMLINK -> 7;
    };
  }
}
