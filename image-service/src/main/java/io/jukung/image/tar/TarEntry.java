package io.jukung.image.tar;

import io.jukung.linux.fs.FileTime;
import java.util.Map;

/**
 * One member of a tar archive. Names and link targets are paths in the form of {@link TarPath}.
 * None of the values is checked.
 *
 * @param mode the 12 permission bits
 * @param size the size of the file; for a sparse file, with its holes
 * @param attributes extended attributes by name; the values are binary
 */
public record TarEntry(
    String name,
    Type type,
    int mode,
    long uid,
    long gid,
    FileTime modified,
    String linkName,
    long size,
    long deviceMajor,
    long deviceMinor,
    Map<String, byte[]> attributes) {
  public enum Type {
    FILE,
    HARD_LINK,
    SYMLINK,
    CHARACTER_DEVICE,
    BLOCK_DEVICE,
    DIRECTORY,
    FIFO
  }
}
