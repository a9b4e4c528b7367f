package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
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
 * A layer in the making.
 *
 * <pre>
 * empty → unpack → settle → LayerStore.publish
 *    └───────┴────────┴──── close: all files removed
 * </pre>
 *
 * Layers of one image are unpacked in any order, side by side; only settling and publishing wait
 * for the layers below. Not thread-safe.
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
   * @param directory empty, and the draft's own
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

  /** The settled tree, by a descriptor of the caller's own: publishing moves its path. */
  public Fd openTree() throws IOException {
    return tree().open();
  }

  /**
   * Unpacks the layer.
   *
   * @param layer gzip, zstd or plain tar; read to its end and closed
   * @param diffId that its uncompressed bytes must have
   * @param bottom whether it is the image's lowest layer
   * @throws LayerTooLargeException where the format cannot take it
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
   * Makes the one file of the layer, owned by root and readable for all.
   *
   * @param content read to its end and closed
   * @param digest that it must have
   * @param size in bytes, which it must have exactly
   * @param path relative and plain
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
      int slash = path.lastIndexOf('/');
      String name = TreeCursor.chars(path.substring(slash + 1));
      String parent = slash < 0 ? "" : TreeCursor.chars(path.substring(0, slash));
      made.file(parent, name, FILE, size, sink -> copy(hashed, size, sink));
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
   * Fits the layer to those below.
   *
   * @param lowerTrees topmost first; all are unpacked and settled
   */
  public void settle(List<Fd> lowerTrees) throws IOException {
    tree().settle(new LowerView(lowerTrees));
  }

  /** Returns when all of the layer is on disk. */
  public void sync() throws IOException, InterruptedException {
    tree().sync();
  }

  /** Removes what was made, unless it was published meanwhile. */
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

  /** The files are the store's now. */
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
