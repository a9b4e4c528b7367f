package io.jukung.image.layer;

import io.jukung.image.tar.TarPath;
import io.jukung.image.tar.TarReader;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileType;
import java.io.IOException;

/**
 * The tree that a layer is unpacked into, with one class per {@link LayerFormat}. Paths have the
 * form of {@link TarPath}, without a leading slash or "..". A parent is "" for the root; it may
 * lead through symbolic links of the layer, which never leave the root. Parents that do not exist
 * are made. An entry replaces an earlier entry of the same name, except that a directory keeps its
 * content.
 *
 * <pre>
 * entries → finish → settle → open, sync
 * </pre>
 *
 * <p>Not thread-safe.
 */
interface LayerTree extends AutoCloseable {
  /** Delivers the content of a file. */
  @FunctionalInterface
  interface Content {
    void deliver(TarReader.ContentSink sink) throws IOException;
  }

  /** Counts a name that is about to be made. */
  void countEntry() throws LayerFormatException;

  /** Sets the attributes of the root. */
  void root(EntryAttributes attributes) throws IOException;

  void directory(String parent, String name, EntryAttributes attributes) throws IOException;

  /**
   * Makes a regular file.
   *
   * @param size may be more than what is delivered; the rest reads as zeros
   */
  void file(String parent, String name, EntryAttributes attributes, long size, Content content)
      throws IOException;

  void symlink(String parent, String name, EntryAttributes attributes, byte[] target)
      throws IOException;

  /** Makes a device or FIFO. */
  void node(
      String parent, String name, EntryAttributes attributes, FileType type, DeviceNumber device)
      throws IOException;

  void hardLink(String parent, String name, String targetParent, String targetName)
      throws IOException;

  /** Whether the name is a whiteout. Fails if the layer has no such name. */
  boolean isWhiteout(String parent, String name) throws IOException;

  /**
   * Hides the name in the layers below. What this layer itself has under that name stays, whether
   * its entry comes before or after.
   */
  void hide(String parent, String name) throws IOException;

  /** Hides the whole content of the directory in the layers below. */
  void makeOpaque(String directory) throws IOException;

  /**
   * Checks the free space on the disk.
   *
   * @throws io.jukung.linux.ErrnoException ENOSPC if there is less free space than is reserved
   */
  void checkSpace() throws IOException;

  /** To be called after the last entry. */
  void finish() throws IOException;

  /**
   * Adapts the layer to the layers below. Directories without an entry of their own get the
   * attributes that they have below. Whiteouts of names that do not exist below are removed,
   * because overlayfs would show them as broken names. So are those in opaque directories, where
   * nothing is left to hide.
   */
  void settle(LowerView lower) throws IOException, InterruptedException;

  /**
   * Whether the root is opaque. Overlayfs does not look at that mark in the root of a layer, so the
   * layers below must be left out of the mount.
   */
  boolean hidesLower() throws IOException;

  /**
   * Opens the root directory of the settled tree. The descriptor stays valid when this object is
   * closed.
   */
  Fd open() throws IOException;

  /** Returns when the whole tree is on disk. */
  void sync() throws IOException, InterruptedException;

  @Override
  void close();
}
