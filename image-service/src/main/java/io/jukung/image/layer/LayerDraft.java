package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
  private static final int ROOT_MODE = 0755;

  private final Path directory;
  private final LayerLimits limits;
  private Set<String> impliedDirectories = Set.of();
  private Set<String> whiteouts = Set.of();
  private @Nullable Fd root;
  private boolean published;

  LayerDraft(Path directory, LayerLimits limits) {
    this.directory = directory;
    this.limits = limits;
  }

  Path directory() {
    return directory;
  }

  /** The unpacked tree, by a descriptor of the caller's own: publishing moves its path. */
  public Fd openTree() throws ErrnoException {
    return tree().duplicate();
  }

  /**
   * Unpacks the layer.
   *
   * @param layer gzip, zstd or plain tar; read to its end and closed
   * @param diffId that its uncompressed bytes must have
   * @param bottom whether it is the image's lowest layer
   */
  public void unpack(InputStream layer, Digest diffId, boolean bottom) throws IOException {
    try (layer;
        Fd parent = AtomicFile.openHostDirectory(directory)) {
      byte[] name = "fs".getBytes(UTF_8);
      DirectoryEntry.makeDirectory(parent, name, ROOT_MODE);
      root = DirectoryEntry.openDirectory(parent, name);
      LayerUnpacker.Unpacked unpacked =
          LayerUnpacker.unpack(
              layer,
              root,
              bottom ? LayerUnpacker.Position.BOTTOM : LayerUnpacker.Position.UPPER,
              diffId.algorithm(),
              limits);
      if (!unpacked.diffId().equals(diffId)) {
        throw new LayerFormatException(
            "layer's uncompressed bytes are %s and its image says %s"
                .formatted(unpacked.diffId(), diffId));
      }
      impliedDirectories = unpacked.impliedDirectories();
      whiteouts = unpacked.whiteouts();
    }
  }

  /**
   * Fits the layer to those below: directories that it has no entry for keep the attributes they
   * have there, and whiteouts of what is not there go, which overlayfs would show as broken names.
   *
   * @param lowerTrees topmost first; all are unpacked and settled
   */
  public void settle(List<Fd> lowerTrees) throws IOException {
    LowerView lower = new LowerView(lowerTrees);
    for (String whiteout : whiteouts) {
      if (!lower.exists(whiteout)) {
        removeWhiteout(tree(), whiteout);
      }
    }
    for (String path : impliedDirectories) {
      try (Fd made = Openat2.open(tree(), LayerTree.bytes(path), OpenFlags.O_DIRECTORY, 0)) {
        Optional<Fd> source = lower.directory(path);
        if (source.isPresent()) {
          try (Fd from = source.get()) {
            copyAttributes(from, made);
          }
        }
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
          throw e;
        } // a later entry has replaced the directory
      }
    }
  }

  /** Removes what was made, unless it was published meanwhile. */
  @Override
  public void close() throws IOException {
    if (root != null) {
      root.close();
    }
    if (!published) {
      Path parent = directory.toAbsolutePath().getParent();
      if (parent == null) {
        throw new IllegalStateException("layer draft at the root: " + directory);
      }
      try (Fd temporary = AtomicFile.openHostDirectory(parent)) {
        TreeRemoval.remove(temporary, directory.getFileName().toString().getBytes(UTF_8));
      }
      published = true;
    }
  }

  /** The files are the store's now. */
  void published() {
    published = true;
  }

  private Fd tree() {
    if (root == null) {
      throw new IllegalStateException("layer draft is not unpacked: " + directory);
    }
    return root;
  }

  private static void removeWhiteout(Fd root, String path) throws ErrnoException {
    int slash = path.lastIndexOf('/');
    String parentPath = slash < 0 ? "" : path.substring(0, slash);
    byte[] name = LayerTree.bytes(path.substring(slash + 1));
    try (Fd parent = Openat2.open(root, LayerTree.bytes(parentPath), OpenFlags.O_DIRECTORY, 0)) {
      Optional<FileStatus> status = FileStatus.find(parent, name);
      if (status.isPresent() && status.get().isWhiteout()) {
        FileStatus before = FileStatus.of(parent);
        DirectoryEntry.unlink(parent, name);
        FileAttributes.setTimes(parent, before.modified(), before.modified());
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
        throw e;
      } // a later entry has replaced the parent
    }
  }

  private static void copyAttributes(Fd from, Fd to) throws ErrnoException {
    FileStatus status = FileStatus.of(from);
    FileAttributes.setOwner(to, status.uid(), status.gid());
    FileAttributes.setMode(to, status.mode());
    for (String attribute : ExtendedAttributes.list(from)) {
      if (LayerUnpacker.isImageAttribute(attribute)) {
        Optional<byte[]> value = ExtendedAttributes.get(from, attribute);
        if (value.isPresent()) {
          ExtendedAttributes.set(to, attribute, value.get());
        }
      }
    }
    FileAttributes.setTimes(to, status.modified(), status.modified());
  }
}
