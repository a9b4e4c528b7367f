package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import io.jukung.image.tar.TarPath;
import io.jukung.image.tar.TarReader;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A layer that is being made.
 *
 * <pre>
 * empty → unpack → settle → LayerStore.publish
 *    └───────┴────────┴──── close: all files removed
 * </pre>
 *
 * <p>The layers of an image can be unpacked in any order and side by side. Only {@link #settle} and
 * publishing need the layers below. Not thread-safe.
 */
public final class LayerDraft implements AutoCloseable {
  private static final int MOUNT_POINT_MODE = 0755;
  private static final int COPY_BYTES = 256 * 1024;
  private static final FileTime NO_TIME = new FileTime(0, 0);
  private static final EntryAttributes DIRECTORY =
      new EntryAttributes(0755, 0, 0, NO_TIME, Map.of());
  private static final EntryAttributes FILE = new EntryAttributes(0644, 0, 0, NO_TIME, Map.of());

  private final Path directory;
  private final LayerFormat format;
  private final LayerLimits limits;
  private final GroupSync sync;
  private @Nullable LayerTree tree;
  private boolean published;

  /**
   * @param directory an empty directory that no other code uses
   */
  LayerDraft(Path directory, LayerFormat format, LayerLimits limits, GroupSync sync) {
    this.directory = directory;
    this.format = format;
    this.limits = limits;
    this.sync = sync;
  }

  Path directory() {
    return directory;
  }

  /**
   * Opens the root directory of the settled layer. The descriptor stays valid when the layer is
   * published, which changes its path.
   */
  public Fd openTree() throws IOException {
    return tree().open();
  }

  /**
   * Unpacks the layer.
   *
   * @param layer gzip, zstd or plain tar; read to its end and closed
   * @param diffId the digest that the uncompressed bytes must have
   * @param bottom whether this is the lowest layer of the image
   * @throws LayerTooLargeException if the layer has too many names for the format
   */
  public void unpack(InputStream layer, Digest diffId, boolean bottom) throws IOException {
    try (layer) {
      LayerTree made = create();
      tree = made;
      Digest unpacked =
          LayerUnpacker.unpack(
              layer,
              made,
              bottom ? LayerUnpacker.Position.BOTTOM : LayerUnpacker.Position.UPPER,
              diffId.algorithm(),
              limits);
      if (!unpacked.equals(diffId)) {
        throw new LayerFormatException(
            "layer's uncompressed bytes are %s and its image says %s".formatted(unpacked, diffId));
      }
    }
  }

  /**
   * Makes a layer with one file, which belongs to root and is readable for all.
   *
   * @param content read to its end and closed
   * @param digest the digest that the content must have
   * @param size the exact size of the content in bytes
   * @param path relative, without "." and ".."
   */
  public void place(InputStream content, Digest digest, long size, String path) throws IOException {
    try (content;
        HashingInputStream hashed =
            new HashingInputStream(content, digest.algorithm(), limits.maxBytes())) {
      LayerTree made = create();
      tree = made;
      made.checkSpace();
      made.countEntry();
      made.root(DIRECTORY);
      String file = TarPath.ofText(path);
      made.file(
          TarPath.parent(file), TarPath.name(file), FILE, size, sink -> copy(hashed, size, sink));
      made.finish();
      if (!hashed.digest().equals(digest)) {
        throw new LayerFormatException(
            "file's bytes are %s and not %s".formatted(hashed.digest(), digest));
      }
    }
  }

  private static void copy(InputStream from, long size, TarReader.ContentSink to)
      throws IOException {
    byte[] buffer = new byte[COPY_BYTES];
    long at = 0;
    for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
      if (count > size - at) {
        throw new LayerFormatException("file has more than its %d bytes".formatted(size));
      }
      to.write(at, buffer, 0, count);
      at += count;
    }
  }

  private LayerTree create() throws IOException {
    try (Fd parent = HostFile.openDirectory(directory)) {
      byte[] name = LayerStore.FS.getBytes(UTF_8);
      return switch (format) {
        case DIRECTORY -> DirectoryTree.create(parent, name, limits, sync);
        case EROFS -> {
          DirectoryEntry.makeDirectory(parent, name, MOUNT_POINT_MODE);
          yield ErofsTree.create(directory.resolve(LayerStore.IMAGE), limits);
        }
      };
    }
  }

  /**
   * Adapts the layer to the layers below: see {@link LayerTree#settle}.
   *
   * @param lowerTrees the layers below, topmost first
   */
  public void settle(List<? extends LowerTree> lowerTrees)
      throws IOException, InterruptedException {
    tree().settle(new LowerView(lowerTrees));
  }

  /** Whether the layer's root is opaque. */
  boolean hidesLower() throws IOException {
    return tree().hidesLower();
  }

  /** Returns when the whole layer is on disk. */
  public void sync() throws IOException, InterruptedException {
    tree().sync();
  }

  /** Removes the layer's files, unless the layer was published. */
  @Override
  public void close() throws IOException {
    if (tree != null) {
      tree.close();
    }
    if (!published) {
      Path parent = directory.toAbsolutePath().getParent();
      if (parent == null) {
        throw new IllegalStateException("layer draft at the root: " + directory);
      }
      try (Fd temporary = HostFile.openDirectory(parent)) {
        TreeRemoval.remove(temporary, directory.getFileName().toString().getBytes(UTF_8));
      }
      published = true;
    }
  }

  /** Marks the files as owned by the layer store. */
  void published() {
    published = true;
  }

  private LayerTree tree() {
    if (tree == null) {
      throw new IllegalStateException("layer draft is not unpacked: " + directory);
    }
    return tree;
  }
}
