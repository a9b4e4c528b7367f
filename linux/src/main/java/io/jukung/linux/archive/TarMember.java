package io.jukung.linux.archive;

import io.jukung.linux.fs.FileTime;
import java.util.Map;

/**
 * One member of a tar archive. Names on Linux are bytes, so names and link targets are strings with
 * one char from 0 to 255 for each byte (ISO 8859-1). None of the values is checked.
 *
 * @param mode the 12 permission bits
 * @param size the bytes of content that follow; 0 unless it is a file
 * @param attributes extended attributes by name; the values are binary
 */
public record TarMember(
    String name,
    Kind kind,
    int mode,
    long uid,
    long gid,
    FileTime modified,
    String linkName,
    long size,
    int deviceMajor,
    int deviceMinor,
    Map<String, byte[]> attributes) {
  /** The type of a member, and its typeflag in a ustar header. */
  public enum Kind {
    FILE('0'),
    HARD_LINK('1'),
    SYMLINK('2'),
    CHARACTER_DEVICE('3'),
    BLOCK_DEVICE('4'),
    DIRECTORY('5'),
    FIFO('6');

    final char flag;

    Kind(char flag) {
      this.flag = flag;
    }
  }

  /** The same member with other names. */
  public TarMember renamed(String newName, String newLinkName) {
    return new TarMember(
        newName,
        kind,
        mode,
        uid,
        gid,
        modified,
        newLinkName,
        size,
        deviceMajor,
        deviceMinor,
        attributes);
  }
}
