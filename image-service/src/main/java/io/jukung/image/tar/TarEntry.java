package io.jukung.image.tar;

import io.jukung.linux.fs.FileTime;
import java.util.Map;

/**
 * One member of a tar archive. Names and link targets are the archive's bytes, each as one char
 * from 0 to 255 (ISO 8859-1): names on Linux are bytes, not text.
 *
 * @param mode the 12 permission bits
 * @param size of the content that {@link TarReader#content} delivers; a sparse file's full size
 * @param attributes extended attributes by name, values as they are
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
