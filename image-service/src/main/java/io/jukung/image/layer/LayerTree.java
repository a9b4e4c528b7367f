package io.jukung.image.layer;

import io.jukung.image.tar.TarReader;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileType;
import java.io.IOException;

/**
 * What a layer is unpacked into, one class per {@link LayerFormat}. Paths are of the archive's
 * bytes, one char each, without a leading slash or "..": a parent is "" for the root, and may lead
 * through the layer's symbolic links, which never leave its root. Parents that are missing are
 * made. An entry takes the place of an earlier one of its name; a directory keeps what it has.
 *
 * <pre>
 * entries → finish → settle → open, sync
 * </pre>
 *
 * Not thread-safe.
 */
interface LayerTree extends AutoCloseable {
  /** Delivers a file's content, once. */
  @FunctionalInterface
  interface Content {
    void deliver(TarReader.ContentSink sink) throws IOException;
  }

  /** Counts a name about to be made. */
  void countEntry() throws LayerFormatException;

  /** Gives the root its attributes. */
  void root(EntryAttributes attributes) throws IOException;

  void directory(String parent, String name, EntryAttributes attributes) throws IOException;

  /**
   * Makes a regular file.
   *
   * @param size which may be more than what is delivered: the rest is zeros
   */
  void file(String parent, String name, EntryAttributes attributes, long size, Content content)
      throws IOException;

  void symlink(String parent, String name, EntryAttributes attributes, byte[] target)
      throws IOException;

  /** A device or FIFO. */
  void node(
      String parent, String name, EntryAttributes attributes, FileType type, DeviceNumber device)
      throws IOException;

  void hardLink(String parent, String name, String targetParent, String targetName)
      throws IOException;

  /** Whether the layer hides this name; an error where it has no such name. */
  boolean isWhiteout(String parent, String name) throws IOException;

  /**
   * Hides what the layers below have of this name. What this very layer has stays, in whatever
   * order the archive has the two.
   */
  void hide(String parent, String name) throws IOException;

  /** Hides all that the layers below have in this directory. */
  void makeOpaque(String directory) throws IOException;

  /**
   * Looks whether there is room on the disk.
   *
   * @throws io.jukung.linux.ErrnoException ENOSPC where the space that stays reserved is touched
   */
  void checkSpace() throws IOException;

  /** There are no more entries. */
  void finish() throws IOException;

  /**
   * Fits the layer to those below: directories that it has no entry for keep the attributes they
   * have there, and whiteouts of what is not there go, which overlayfs would show as broken names.
   */
  void settle(LowerView lower) throws IOException;

  /** The settled tree, by a descriptor of the caller's own that outlives this object. */
  Fd open() throws IOException;

  /** Returns when all of it is on disk. */
  void sync() throws IOException, InterruptedException;

  @Override
  void close();
}
