package io.jukung.image.layer;

import com.github.luben.zstd.ZstdIOException;
import io.jukung.image.content.Digest;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Unpacks a layer's changeset (OCI image-spec, layer.md) into an empty directory, in the form that
 * overlayfs takes as a lower directory: a whiteout is a character device 0/0, an opaque directory
 * has {@code trusted.overlay.opaque}.
 *
 * <p>The archive is attacker's bytes: every path is resolved below the root, names that lead up are
 * refused, and so are attributes that would speak to overlayfs. Needs root. The caller's interrupt
 * ends it; what was written stays, for the caller to remove.
 */
final class LayerUnpacker {
  private static final String WHITEOUT = ".wh.";
  private static final String WHITEOUT_META = ".wh..wh.";
  private static final String WHITEOUT_OPAQUE = ".wh..wh..opq";
  private static final int PATH_MAX = 4096;
  private static final int WRITE_BYTES = 256 * 1024;

  /** How much may be written between two looks at the free space. */
  private static final long SPACE_CHECK_BYTES = 64L << 20;

  private static final long SPACE_CHECK_ENTRIES = 20_000;
  private static final int SEEK_SET = 0;

  /** What an id of all ones means to chown(2): leave it. */
  private static final long NO_ID = 0xFFFFFFFFL;

  /** Whether anything can lie below the layer: the lowest has nothing to hide. */
  enum Position {
    BOTTOM,
    UPPER
  }

  /**
   * What unpacking found.
   *
   * @param impliedDirectories made without an entry, that take their attributes from below
   * @param whiteouts made, which count only where something below has the name
   */
  record Unpacked(
      Digest diffId, long tarBytes, Set<String> impliedDirectories, Set<String> whiteouts) {}

  private final Fd root;
  private final Position position;
  private final LayerLimits limits;
  private final LayerTree tree;
  private final Memory writeBuffer;
  private long unchecked;
  private long entries;

  private LayerUnpacker(
      Fd root, Position position, LayerLimits limits, LayerTree tree, Memory writeBuffer) {
    this.root = root;
    this.position = position;
    this.limits = limits;
    this.tree = tree;
    this.writeBuffer = writeBuffer;
  }

  /**
   * Unpacks all of the stream.
   *
   * @param layer gzip, zstd or plain tar; closed at the end
   * @param root an empty directory
   */
  static Unpacked unpack(
      InputStream layer, Fd root, Position position, Digest.Algorithm algorithm, LayerLimits limits)
      throws IOException {
    try (layer;
        InputStream tar = Decompression.open(layer);
        HashingInputStream hashed = new HashingInputStream(tar, algorithm, limits.maxBytes());
        LayerTree tree = new LayerTree(root, limits);
        Memory writeBuffer = Memory.allocate(WRITE_BYTES)) {
      TarReader reader = new TarReader(hashed);
      new LayerUnpacker(root, position, limits, tree, writeBuffer).unpackAll(reader);
      reader.drain();
      return new Unpacked(hashed.digest(), hashed.count(), tree.implied(), tree.whiteouts());
    } catch (ZstdIOException e) {
      throw new LayerFormatException("zstd data is corrupt: " + e.getMessage());
    }
  }

  private void unpackAll(TarReader reader) throws IOException {
    checkSpace();
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
        checkSpace();
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
    int slash = path.lastIndexOf('/');
    String directory = slash < 0 ? "" : path.substring(0, slash);
    String name = path.substring(slash + 1);
    if (path.startsWith(WHITEOUT_META) && !path.equals(WHITEOUT_OPAQUE)) {
      return; // what AUFS kept for itself; layers of old Docker versions have it
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
        ExtendedAttributes.set(tree.enter(directory), LayerTree.OPAQUE, LayerTree.OPAQUE_VALUE);
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

  /**
   * Hides what the layers below have of this name. What this very layer has stays, in whatever
   * order the archive has the two.
   */
  private void hide(String directory, String name) throws IOException {
    if (position == Position.BOTTOM) {
      return;
    }
    Fd parent = tree.enter(directory);
    byte[] bytes = LayerTree.bytes(name);
    Optional<FileStatus> present = FileStatus.find(parent, bytes);
    if (present.isEmpty()) {
      tree.countEntry();
      DirectoryEntry.makeWhiteout(parent, bytes);
      tree.whiteoutMade(LayerTree.join(directory, name));
    } else if (present.get().isDirectory()) {
      setOpaque(parent, bytes);
    }
  }

  private static void setOpaque(Fd parent, byte[] name) throws ErrnoException {
    try (Fd directory = DirectoryEntry.openDirectory(parent, name)) {
      ExtendedAttributes.set(directory, LayerTree.OPAQUE, LayerTree.OPAQUE_VALUE);
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
    Fd parent = tree.enter(directory);
    byte[] bytes = LayerTree.bytes(name);
    switch (entry.type()) {
      case FILE -> makeFile(entry, reader, directory, parent, bytes);
      case DIRECTORY -> makeDirectory(entry, directory, parent, name);
      case HARD_LINK -> makeHardLink(entry, directory, parent, bytes);
      case SYMLINK -> {
        byte[] target = LayerTree.bytes(entry.linkName());
        if (target.length == 0 || target.length >= PATH_MAX) {
          throw refused(entry, "a symbolic link to nothing or to an overlong name");
        }
        place(directory, parent, bytes, () -> DirectoryEntry.makeSymlink(parent, bytes, target));
        setLinkAttributes(entry, parent, bytes);
      }
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> {
        FileType type = nodeType(entry.type());
        DeviceNumber device = deviceNumber(entry);
        place(
            directory,
            parent,
            bytes,
            () -> DirectoryEntry.makeNode(parent, bytes, type, 0600, device));
        setLinkAttributes(entry, parent, bytes);
      }
    }
  }

  private void makeFile(TarEntry entry, TarReader reader, String directory, Fd parent, byte[] name)
      throws IOException {
    if (entry.size() > limits.maxBytes()) {
      throw refused(entry, "a file of %d bytes".formatted(entry.size()));
    }
    try (Fd file = createFile(directory, parent, name)) {
      FileWriter writer = new FileWriter(file);
      reader.content(writer);
      writer.finish(entry.size());
      setAttributes(entry, file);
    }
  }

  private Fd createFile(String directory, Fd parent, byte[] name) throws ErrnoException {
    try {
      return DirectoryEntry.createFile(parent, name, 0600);
    } catch (ErrnoException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
      tree.clear(directory, parent, name);
      return DirectoryEntry.createFile(parent, name, 0600);
    }
  }

  private void makeDirectory(TarEntry entry, String directory, Fd parent, String name)
      throws IOException {
    byte[] bytes = LayerTree.bytes(name);
    String path = LayerTree.join(directory, name);
    boolean hides = false;
    if (!DirectoryEntry.makeDirectoryIfAbsent(parent, bytes, 0700)
        && !FileStatus.of(parent, bytes).isDirectory()) {
      hides = tree.clear(directory, parent, bytes);
      DirectoryEntry.makeDirectory(parent, bytes, 0700);
    }
    if (hides) {
      setOpaque(parent, bytes);
    }
    tree.described(path);
    try (Fd made = DirectoryEntry.openDirectory(parent, bytes)) {
      setAttributes(entry, made);
    }
    tree.setModified(path, entry.modified());
  }

  private void describeRoot(TarEntry entry) throws IOException {
    if (entry.type() != TarEntry.Type.DIRECTORY) {
      throw refused(entry, "the root must be a directory");
    }
    tree.enter("");
    tree.described("");
    setAttributes(entry, root);
    tree.setModified("", entry.modified());
  }

  private void makeHardLink(TarEntry entry, String directory, Fd parent, byte[] name)
      throws IOException {
    String target = normalise(entry.linkName(), "hard link target");
    int slash = target.lastIndexOf('/');
    String targetDirectory = slash < 0 ? "" : target.substring(0, slash);
    byte[] targetName = LayerTree.bytes(target.substring(slash + 1));
    if (targetName.length == 0) {
      throw refused(entry, "a hard link to the root");
    }
    if (targetDirectory.equals(directory) && Arrays.equals(targetName, name)) {
      throw refused(entry, "a hard link to itself");
    }
    try (Fd from = tree.openExisting(targetDirectory)) {
      if (FileStatus.of(from, targetName).isWhiteout()) {
        throw refused(entry, "a hard link to what the layer deletes");
      }
      place(
          directory,
          parent,
          name,
          () -> DirectoryEntry.makeHardLink(from, targetName, parent, name));
    }
  }

  @FunctionalInterface
  private interface Make {
    void run() throws ErrnoException;
  }

  /** Makes a name, in the place of what an earlier entry may have made. */
  private void place(String directory, Fd parent, byte[] name, Make make) throws ErrnoException {
    try {
      make.run();
    } catch (ErrnoException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
      tree.clear(directory, parent, name);
      make.run();
    }
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

  /** Of a file or directory. A change of owner clears set-id bits and capabilities: it is first. */
  private static void setAttributes(TarEntry entry, Fd file) throws IOException {
    FileAttributes.setOwner(file, id(entry, entry.uid()), id(entry, entry.gid()));
    FileAttributes.setMode(file, entry.mode());
    for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
      if (isKept(entry, attribute.getKey())) {
        ExtendedAttributes.set(file, attribute.getKey(), attribute.getValue());
      }
    }
    FileAttributes.setTimes(file, entry.modified(), entry.modified());
  }

  /** Of what cannot be opened: links, devices and FIFOs. */
  private static void setLinkAttributes(TarEntry entry, Fd parent, byte[] name) throws IOException {
    FileAttributes.setOwner(parent, name, id(entry, entry.uid()), id(entry, entry.gid()));
    if (entry.type() != TarEntry.Type.SYMLINK) {
      try (Fd handle = DirectoryEntry.openPath(parent, name)) {
        FileAttributes.setMode(handle, entry.mode());
      }
    }
    for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
      if (isKept(entry, attribute.getKey())) {
        ExtendedAttributes.set(parent, name, attribute.getKey(), attribute.getValue());
      }
    }
    FileTime modified = entry.modified();
    FileAttributes.setTimes(parent, name, modified, modified);
  }

  private static boolean isKept(TarEntry entry, String attribute) throws LayerFormatException {
    if (isOverlayAttribute(attribute)) {
      throw refused(entry, "the attribute " + TarReader.display(attribute) + " is overlayfs' own");
    }
    return isImageAttribute(attribute);
  }

  /** With these an archive could rewrite the tree that overlayfs shows. */
  private static boolean isOverlayAttribute(String attribute) {
    return attribute.startsWith("trusted.overlay.") || attribute.startsWith("user.overlay.");
  }

  /**
   * Whether an attribute is the image's to set: capabilities, ACLs and the user's own. Security
   * labels, integrity signatures and {@code trusted.} belong to the host.
   */
  static boolean isImageAttribute(String attribute) {
    return !isOverlayAttribute(attribute)
        && (attribute.equals("security.capability")
            || attribute.startsWith("user.")
            || attribute.equals("system.posix_acl_access")
            || attribute.equals("system.posix_acl_default"));
  }

  private static int id(TarEntry entry, long id) throws LayerFormatException {
    if (id < 0 || id >= NO_ID) {
      throw refused(entry, "an owner that is not a user or group id: " + id);
    }
    return (int) id;
  }

  // ── names, space, messages ─────────────────────────────────────────────────────────────────

  /** Without leading slash, empty components and dots; empty for the root. */
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
            "layer has a %s that leads up: %s".formatted(what, TarReader.display(name)));
      }
      if (!component.isEmpty() && !component.equals(".")) {
        path.append(path.isEmpty() ? "" : "/").append(component);
      }
    }
    return path.toString();
  }

  /** Whether the name is normal as it stands: most are, and most are looked at twice. */
  private static boolean isPlain(String name) {
    return !name.isEmpty()
        && name.charAt(0) != '/'
        && name.charAt(0) != '.'
        && name.charAt(name.length() - 1) != '/'
        && !name.contains("//")
        && !name.contains("/.");
  }

  private void checkSpace() throws IOException {
    unchecked = 0;
    FilesystemStatus status = FilesystemStatus.of(root);
    if (status.availableBytes() < limits.reservedBytes()) {
      throw new ErrnoException(
          "write",
          "a layer, %d bytes are free and %d stay reserved"
              .formatted(status.availableBytes(), limits.reservedBytes()),
          Errno.ENOSPC);
    }
  }

  private static LayerFormatException refused(TarEntry entry, String reason) {
    return new LayerFormatException(
        "layer entry %s is refused: %s".formatted(TarReader.display(entry.name()), reason));
  }

  private static IOException entryFailed(TarEntry entry, ErrnoException cause) {
    return new IOException(
        "unpack layer entry %s: %s".formatted(TarReader.display(entry.name()), cause.getMessage()),
        cause);
  }

  /** Writes a file's content by way of native memory; holes stay holes. */
  private final class FileWriter implements TarReader.ContentSink {
    private final Fd file;
    private long at;

    FileWriter(Fd file) {
      this.file = file;
    }

    @Override
    public void write(long fileOffset, byte[] source, int start, int length) throws IOException {
      if (fileOffset != at) {
        Kernel.call(
            Syscall.LSEEK, () -> file + ", " + fileOffset, file.number(), fileOffset, SEEK_SET);
        at = fileOffset;
      }
      for (int done = 0; done < length; ) {
        int count = Math.min(length - done, WRITE_BYTES);
        writeBuffer.put(0, source, start + done, count);
        file.write(writeBuffer, 0, count);
        done += count;
      }
      at += length;
      unchecked += length;
      if (unchecked >= SPACE_CHECK_BYTES) {
        checkSpace();
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("unpack was interrupted");
        }
      }
    }

    void finish(long size) throws IOException {
      if (at != size) {
        Kernel.call(Syscall.FTRUNCATE, () -> file + ", " + size, file.number(), size, 0);
      }
    }
  }
}
