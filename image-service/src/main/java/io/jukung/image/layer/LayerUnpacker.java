package io.jukung.image.layer;

import io.jukung.image.content.Digest;
import io.jukung.image.tar.ArchiveFormatException;
import io.jukung.image.tar.Decompression;
import io.jukung.image.tar.TarEntry;
import io.jukung.image.tar.TarPath;
import io.jukung.image.tar.TarReader;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.FileType;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;

/**
 * Unpacks a layer's changeset (OCI image-spec, layer.md) into a tree that overlayfs can use as a
 * lower layer.
 *
 * <p>The archive may come from an attacker: names with ".." are refused, and so are attributes that
 * overlayfs would obey; the tree keeps every path below its root. Needs root. An interrupt of the
 * calling thread ends the unpacking; the caller removes what was written.
 */
final class LayerUnpacker {
  private static final String WHITEOUT = ".wh.";
  private static final String WHITEOUT_META = ".wh..wh.";
  private static final String WHITEOUT_OPAQUE = ".wh..wh..opq";
  private static final int PATH_MAX = 4096;

  /** How many entries are unpacked between two checks of the free space. */
  private static final long SPACE_CHECK_ENTRIES = 20_000;

  /** For chown(2) this ID means: do not change the owner. */
  private static final long NO_ID = 0xFFFFFFFFL;

  /**
   * The errors by which a file system refuses an entry for its name, its target or an attribute, as
   * in a hard link to a name that does not exist. Any other node would give the same answer.
   */
  private static final List<Integer> OF_THE_ENTRY =
      List.of(
          Errno.ENOENT,
          Errno.ENOTDIR,
          Errno.EISDIR,
          Errno.EEXIST,
          Errno.ENOTEMPTY,
          Errno.ELOOP,
          Errno.ENAMETOOLONG,
          Errno.EINVAL,
          Errno.EPERM,
          Errno.EOPNOTSUPP);

  /** Whether there can be layers below: the lowest layer has nothing to hide. */
  enum Position {
    BOTTOM,
    UPPER
  }

  private final Position position;
  private final LayerLimits limits;
  private final LayerTree tree;
  private long entries;

  private LayerUnpacker(Position position, LayerLimits limits, LayerTree tree) {
    this.position = position;
    this.limits = limits;
    this.tree = tree;
  }

  /**
   * Unpacks the whole stream.
   *
   * @param layer gzip, zstd or plain tar; closed at the end
   * @param tree empty
   * @return the digest of the uncompressed bytes
   */
  static Digest unpack(
      InputStream layer,
      LayerTree tree,
      Position position,
      Digest.Algorithm algorithm,
      LayerLimits limits)
      throws IOException {
    try (layer;
        InputStream tar = Decompression.open(layer);
        HashingInputStream hashed = new HashingInputStream(tar, algorithm, limits.maxBytes())) {
      TarReader reader = new TarReader(hashed);
      new LayerUnpacker(position, limits, tree).unpackAll(reader);
      reader.drain();
      return hashed.digest();
    } catch (ArchiveFormatException e) {
      throw new LayerFormatException(String.valueOf(e.getMessage()));
    }
  }

  private void unpackAll(TarReader reader) throws IOException {
    tree.checkSpace();
    while (true) {
      Optional<TarEntry> entry = reader.next();
      if (entry.isEmpty()) {
        break;
      }
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("unpack was interrupted");
      }
      if (++entries % SPACE_CHECK_ENTRIES == 0) {
        tree.checkSpace();
      }
      try {
        unpack(entry.get(), reader);
      } catch (ErrnoException e) {
        throw e.is(Errno.ENOSPC) || e.is(Errno.EDQUOT) ? e : entryFailed(entry.get(), e);
      }
    }
    tree.finish();
  }

  private void unpack(TarEntry entry, TarReader reader) throws IOException {
    String path = normalise(entry.name(), "name");
    String directory = TarPath.parent(path);
    String name = TarPath.name(path);
    if (path.startsWith(WHITEOUT_META) && !path.equals(WHITEOUT_OPAQUE)) {
      return; // metadata of AUFS, which layers of old Docker versions contain
    }
    if (directory.startsWith(WHITEOUT) || directory.contains("/" + WHITEOUT)) {
      throw refused(entry, "it lies within a whiteout");
    }
    if (path.isEmpty()) {
      describeRoot(entry);
    } else if (name.startsWith(WHITEOUT)) {
      whiteout(entry, directory, name);
    } else if (isWhiteoutDevice(entry)) {
      hide(directory, name);
    } else {
      tree.countEntry();
      make(entry, reader, directory, name);
    }
  }

  // ── whiteouts ──────────────────────────────────────────────────────────────────────────────

  private void whiteout(TarEntry entry, String directory, String name) throws IOException {
    if (name.equals(WHITEOUT_OPAQUE)) {
      if (position == Position.UPPER) {
        tree.makeOpaque(directory);
      }
      return;
    }
    if (name.startsWith(WHITEOUT_META)) {
      return;
    }
    String hidden = name.substring(WHITEOUT.length());
    if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
      throw refused(entry, "a whiteout must name a file");
    }
    hide(directory, hidden);
  }

  private void hide(String directory, String name) throws IOException {
    if (position == Position.UPPER) {
      tree.hide(directory, name);
    }
  }

  private static boolean isWhiteoutDevice(TarEntry entry) {
    return entry.type() == TarEntry.Type.CHARACTER_DEVICE
        && entry.deviceMajor() == 0
        && entry.deviceMinor() == 0;
  }

  // ── entries ────────────────────────────────────────────────────────────────────────────────

  private void make(TarEntry entry, TarReader reader, String directory, String name)
      throws IOException {
    switch (entry.type()) {
      case FILE -> {
        if (entry.size() > limits.maxBytes()) {
          throw refused(entry, "a file of %d bytes".formatted(entry.size()));
        }
        tree.file(directory, name, attributes(entry), entry.size(), reader::content);
      }
      case DIRECTORY -> tree.directory(directory, name, attributes(entry));
      case HARD_LINK -> makeHardLink(entry, directory, name);
      case SYMLINK -> {
        byte[] target = TarPath.bytes(entry.linkName());
        if (target.length == 0 || target.length >= PATH_MAX) {
          throw refused(entry, "a symbolic link whose target is empty or too long");
        }
        tree.symlink(directory, name, attributes(entry), target);
      }
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
          tree.node(
              directory, name, attributes(entry), nodeType(entry.type()), deviceNumber(entry));
    }
  }

  private void describeRoot(TarEntry entry) throws IOException {
    if (entry.type() != TarEntry.Type.DIRECTORY) {
      throw refused(entry, "the root must be a directory");
    }
    tree.root(attributes(entry));
  }

  private void makeHardLink(TarEntry entry, String directory, String name) throws IOException {
    String target = normalise(entry.linkName(), "hard link target");
    String targetDirectory = TarPath.parent(target);
    String targetName = TarPath.name(target);
    if (targetName.isEmpty()) {
      throw refused(entry, "a hard link to the root");
    }
    if (targetDirectory.equals(directory) && targetName.equals(name)) {
      throw refused(entry, "a hard link to itself");
    }
    if (tree.isWhiteout(targetDirectory, targetName)) {
      throw refused(entry, "a hard link to a name that the layer deletes");
    }
    tree.hardLink(directory, name, targetDirectory, targetName);
  }

  private static FileType nodeType(TarEntry.Type type) {
    return switch (type) {
      case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
      case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
      case FIFO -> FileType.FIFO;
      case FILE, HARD_LINK, SYMLINK, DIRECTORY ->
          throw new IllegalArgumentException("not a device or FIFO: " + type);
    };
  }

  private static DeviceNumber deviceNumber(TarEntry entry) throws LayerFormatException {
    if (entry.deviceMajor() < 0
        || entry.deviceMajor() > DeviceNumber.MAX_MAJOR
        || entry.deviceMinor() < 0
        || entry.deviceMinor() > DeviceNumber.MAX_MINOR) {
      throw refused(entry, "a device number that the kernel does not have");
    }
    return new DeviceNumber((int) entry.deviceMajor(), (int) entry.deviceMinor());
  }

  // ── attributes ─────────────────────────────────────────────────────────────────────────────

  private static EntryAttributes attributes(TarEntry entry) throws LayerFormatException {
    ImageAttributes.Checked checked = ImageAttributes.of(entry);
    return new EntryAttributes(
        checked.mode(),
        id(entry, entry.uid()),
        id(entry, entry.gid()),
        entry.modified(),
        checked.extended());
  }

  private static int id(TarEntry entry, long id) throws LayerFormatException {
    if (id < 0 || id >= NO_ID) {
      throw refused(entry, "an owner that is not a user or group id: " + id);
    }
    return (int) id;
  }

  // ── names, messages ────────────────────────────────────────────────────────────────────────

  /** The name without leading slash, empty components and "."; empty for the root. */
  private static String normalise(String name, String what) throws LayerFormatException {
    if (name.length() >= PATH_MAX) {
      throw new LayerFormatException(
          "layer has a %s of more than %d bytes".formatted(what, PATH_MAX - 1));
    }
    if (isPlain(name)) {
      return name;
    }
    StringBuilder path = new StringBuilder(name.length());
    for (String component : name.split("/", -1)) {
      if (component.equals("..")) {
        throw new LayerFormatException(
            "layer has a %s that leads out of its directory: %s"
                .formatted(what, TarPath.display(name)));
      }
      if (!component.isEmpty() && !component.equals(".")) {
        path.append(path.isEmpty() ? "" : "/").append(component);
      }
    }
    return path.toString();
  }

  /** Whether the name needs no change, as most names do. */
  private static boolean isPlain(String name) {
    return !name.isEmpty()
        && name.charAt(0) != '/'
        && name.charAt(0) != '.'
        && name.charAt(name.length() - 1) != '/'
        && !name.contains("//")
        && !name.contains("/.");
  }

  private static LayerFormatException refused(TarEntry entry, String reason) {
    return new LayerFormatException(
        "layer entry %s is refused: %s".formatted(TarPath.display(entry.name()), reason));
  }

  private static IOException entryFailed(TarEntry entry, ErrnoException cause) {
    String message =
        "unpack layer entry %s: %s".formatted(TarPath.display(entry.name()), cause.getMessage());
    return OF_THE_ENTRY.stream().anyMatch(cause::is)
        ? new LayerFormatException(message)
        : new IOException(message, cause);
  }
}
