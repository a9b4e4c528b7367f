package io.jukung.image.layer;

import io.jukung.image.tar.TarPath;
import io.jukung.image.tar.TarReader;
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
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A layer in a directory of the host. The kernel resolves every path and keeps it below the root
 * (openat2(2)). A whiteout is a character device 0/0; an opaque directory has the attribute {@code
 * trusted.overlay.opaque}.
 */
final class DirectoryTree implements LayerTree {
  private static final int ROOT_MODE = 0755;
  private static final int WRITE_BYTES = 256 * 1024;
  private static final int SEEK_SET = 0;

  private final Fd root;
  private final TreeCursor cursor;
  private final SpaceReserve reserve;
  private final GroupSync sync;
  private final Memory writeBuffer = Memory.allocate(WRITE_BYTES);

  private DirectoryTree(Fd root, TreeCursor cursor, LayerLimits limits, GroupSync sync) {
    this.root = root;
    this.cursor = cursor;
    this.reserve = new SpaceReserve(root, limits.reservedBytes(), "a layer");
    this.sync = sync;
  }

  /** Makes the directory {@code name}, which must not exist. */
  static DirectoryTree create(Fd parent, byte[] name, LayerLimits limits, GroupSync sync)
      throws IOException {
    DirectoryEntry.makeDirectory(parent, name, ROOT_MODE);
    return in(DirectoryEntry.openDirectory(parent, name), limits, sync);
  }

  /**
   * A tree in a directory that exists.
   *
   * @param root empty; closed by the tree, and if this fails
   */
  static DirectoryTree in(Fd root, LayerLimits limits, GroupSync sync) throws IOException {
    try {
      return new DirectoryTree(root, new TreeCursor(root, limits), limits, sync);
    } catch (IOException | RuntimeException e) {
      root.close();
      throw e;
    }
  }

  @Override
  public void countEntry() throws LayerFormatException {
    cursor.countEntry();
  }

  // ── entries ────────────────────────────────────────────────────────────────────────────────

  @Override
  public void root(EntryAttributes attributes) throws IOException {
    cursor.enter("");
    cursor.described("");
    setAttributes(withoutDefaultAcl("", attributes), root);
    cursor.setModified("", attributes.modified());
  }

  @Override
  public void directory(String parent, String name, EntryAttributes attributes) throws IOException {
    Fd directory = cursor.enter(parent);
    byte[] bytes = TarPath.bytes(name);
    String path = TarPath.join(parent, name);
    boolean hides = false;
    if (!DirectoryEntry.makeDirectoryIfAbsent(directory, bytes, 0700)
        && !FileStatus.of(directory, bytes).isDirectory()) {
      cursor.clear(parent, directory, bytes);
      hides = true; // what the layer had there before has replaced the directory below
      DirectoryEntry.makeDirectory(directory, bytes, 0700);
    }
    if (hides) {
      setOpaque(directory, bytes);
    }
    cursor.described(path);
    try (Fd made = DirectoryEntry.openDirectory(directory, bytes)) {
      setAttributes(withoutDefaultAcl(path, attributes), made);
    }
    cursor.setModified(path, attributes.modified());
  }

  /**
   * Keeps a default ACL until the end: files that are made in the directory would inherit it, and
   * would get permissions that the archive does not give them.
   */
  private EntryAttributes withoutDefaultAcl(String path, EntryAttributes attributes)
      throws LayerFormatException {
    byte[] acl = attributes.extended().get(ImageAttributes.DEFAULT_ACL);
    if (acl == null) {
      return attributes;
    }
    cursor.keepDefaultAcl(path, acl);
    Map<String, byte[]> others = new TreeMap<>(attributes.extended());
    others.remove(ImageAttributes.DEFAULT_ACL);
    return new EntryAttributes(
        attributes.mode(), attributes.uid(), attributes.gid(), attributes.modified(), others);
  }

  @Override
  public void file(
      String parent, String name, EntryAttributes attributes, long size, Content content)
      throws IOException {
    Fd directory = cursor.enter(parent);
    try (Fd file = createFile(parent, directory, TarPath.bytes(name))) {
      FileWriter writer = new FileWriter(file);
      content.deliver(writer);
      writer.finish(size);
      setAttributes(attributes, file);
    }
  }

  private Fd createFile(String parent, Fd directory, byte[] name) throws ErrnoException {
    try {
      return DirectoryEntry.createFile(directory, name, 0600);
    } catch (ErrnoException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
      cursor.clear(parent, directory, name);
      return DirectoryEntry.createFile(directory, name, 0600);
    }
  }

  @Override
  public void symlink(String parent, String name, EntryAttributes attributes, byte[] target)
      throws IOException {
    Fd directory = cursor.enter(parent);
    byte[] bytes = TarPath.bytes(name);
    place(parent, directory, bytes, () -> DirectoryEntry.makeSymlink(directory, bytes, target));
    setLinkAttributes(attributes, directory, bytes, FileType.SYMLINK);
  }

  @Override
  public void node(
      String parent, String name, EntryAttributes attributes, FileType type, DeviceNumber device)
      throws IOException {
    Fd directory = cursor.enter(parent);
    byte[] bytes = TarPath.bytes(name);
    place(
        parent,
        directory,
        bytes,
        () -> DirectoryEntry.makeNode(directory, bytes, type, 0600, device));
    setLinkAttributes(attributes, directory, bytes, type);
  }

  @Override
  public void hardLink(String parent, String name, String targetParent, String targetName)
      throws IOException {
    Fd directory = cursor.enter(parent);
    byte[] bytes = TarPath.bytes(name);
    try (Fd from = cursor.openExisting(targetParent)) {
      place(
          parent,
          directory,
          bytes,
          () -> DirectoryEntry.makeHardLink(from, TarPath.bytes(targetName), directory, bytes));
    }
  }

  @Override
  public boolean isWhiteout(String parent, String name) throws IOException {
    try (Fd directory = cursor.openExisting(parent)) {
      return FileStatus.of(directory, TarPath.bytes(name)).isWhiteout();
    }
  }

  @FunctionalInterface
  private interface Make {
    void run() throws ErrnoException;
  }

  /** Makes a name. What an earlier entry has made under that name is removed first. */
  private void place(String parent, Fd directory, byte[] name, Make make) throws ErrnoException {
    try {
      make.run();
    } catch (ErrnoException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
      cursor.clear(parent, directory, name);
      make.run();
    }
  }

  // ── whiteouts ──────────────────────────────────────────────────────────────────────────────

  @Override
  public void hide(String parent, String name) throws IOException {
    Fd directory = cursor.enter(parent);
    byte[] bytes = TarPath.bytes(name);
    Optional<FileStatus> present = FileStatus.find(directory, bytes);
    if (present.isEmpty()) {
      cursor.countEntry();
      DirectoryEntry.makeWhiteout(directory, bytes);
      cursor.whiteoutMade(TarPath.join(parent, name));
    } else if (present.get().isDirectory()) {
      setOpaque(directory, bytes);
    }
  }

  @Override
  public void makeOpaque(String directory) throws IOException {
    ExtendedAttributes.set(cursor.enter(directory), TreeCursor.OPAQUE, TreeCursor.OPAQUE_VALUE);
  }

  private static void setOpaque(Fd parent, byte[] name) throws ErrnoException {
    try (Fd directory = DirectoryEntry.openDirectory(parent, name)) {
      ExtendedAttributes.set(directory, TreeCursor.OPAQUE, TreeCursor.OPAQUE_VALUE);
    }
  }

  // ── attributes ─────────────────────────────────────────────────────────────────────────────

  /**
   * Sets the attributes of a file or directory. The owner is set first, because its change clears
   * set-id bits and capabilities.
   */
  private static void setAttributes(EntryAttributes attributes, Fd file) throws IOException {
    FileAttributes.setOwner(file, attributes.uid(), attributes.gid());
    FileAttributes.setMode(file, attributes.mode());
    for (Map.Entry<String, byte[]> attribute : attributes.extended().entrySet()) {
      ExtendedAttributes.set(file, attribute.getKey(), attribute.getValue());
    }
    FileAttributes.setTimes(file, attributes.modified(), attributes.modified());
  }

  /** Sets the attributes of a link, device or FIFO, which are not opened. */
  private static void setLinkAttributes(
      EntryAttributes attributes, Fd parent, byte[] name, FileType type) throws IOException {
    FileAttributes.setOwner(parent, name, attributes.uid(), attributes.gid());
    if (type != FileType.SYMLINK) {
      try (Fd handle = DirectoryEntry.openPath(parent, name)) {
        FileAttributes.setMode(handle, attributes.mode());
      }
    }
    for (Map.Entry<String, byte[]> attribute : attributes.extended().entrySet()) {
      ExtendedAttributes.set(parent, name, attribute.getKey(), attribute.getValue());
    }
    FileTime modified = attributes.modified();
    FileAttributes.setTimes(parent, name, modified, modified);
  }

  // ── the layers below ───────────────────────────────────────────────────────────────────────

  @Override
  public void checkSpace() throws IOException {
    reserve.check();
  }

  @Override
  public void finish() throws IOException {
    cursor.finish();
    for (Map.Entry<String, byte[]> each : cursor.defaultAcls().entrySet()) {
      byte[] path = TarPath.bytes(each.getKey());
      try (Fd directory = Openat2.open(root, path, OpenFlags.O_DIRECTORY, 0)) {
        ExtendedAttributes.set(directory, ImageAttributes.DEFAULT_ACL, each.getValue());
      }
    }
  }

  @Override
  public void settle(LowerView lower) throws IOException, InterruptedException {
    for (String whiteout : cursor.whiteouts()) {
      if (isHidden(TarPath.parent(whiteout)) || !lower.exists(whiteout)) {
        removeWhiteout(whiteout);
      }
    }
    for (String path : cursor.implied()) {
      try (Fd made = Openat2.open(root, TarPath.bytes(path), OpenFlags.O_DIRECTORY, 0)) {
        if (!path.isEmpty() && isHidden(TarPath.parent(path))) {
          continue;
        }
        Optional<EntryAttributes> seen = lower.directory(path);
        if (seen.isPresent()) {
          setAttributes(seen.get(), made);
        }
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
          throw e;
        } // a later entry of the archive has replaced the directory
      }
    }
  }

  /** Whether the directory, or one on the path to it, is opaque: nothing below can be seen. */
  private boolean isHidden(String directory) throws ErrnoException {
    for (String path = directory; ; path = TarPath.parent(path)) {
      try (Fd at = Openat2.open(root, TarPath.bytes(path), OpenFlags.O_DIRECTORY, 0)) {
        if (ExtendedAttributes.get(at, TreeCursor.OPAQUE).isPresent()) {
          return true;
        }
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
          throw e;
        } // a later entry of the archive has replaced the directory
      }
      if (path.isEmpty()) {
        return false;
      }
    }
  }

  private void removeWhiteout(String path) throws ErrnoException {
    byte[] name = TarPath.bytes(TarPath.name(path));
    byte[] parentPath = TarPath.bytes(TarPath.parent(path));
    try (Fd parent = Openat2.open(root, parentPath, OpenFlags.O_DIRECTORY, 0)) {
      Optional<FileStatus> status = FileStatus.find(parent, name);
      if (status.isPresent() && status.get().isWhiteout()) {
        FileStatus before = FileStatus.of(parent);
        DirectoryEntry.unlink(parent, name);
        FileAttributes.setTimes(parent, before.modified(), before.modified());
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
        throw e;
      } // a later entry of the archive has replaced the parent
    }
  }

  @Override
  public boolean hidesLower() throws IOException {
    return ExtendedAttributes.get(root, TreeCursor.OPAQUE).isPresent();
  }

  @Override
  public Fd open() throws IOException {
    return root.duplicate();
  }

  /** Syncs by syncfs(2); layers that wait at the same time share one call. */
  @Override
  public void sync() throws IOException, InterruptedException {
    sync.sync();
  }

  @Override
  public void close() {
    writeBuffer.close();
    cursor.close();
    root.close();
  }

  /** Writes a file's content through a buffer in native memory. Holes of the file stay holes. */
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
      reserve.written(length);
    }

    void finish(long size) throws IOException {
      if (at != size) {
        Kernel.call(Syscall.FTRUNCATE, () -> file + ", " + size, file.number(), size, 0);
      }
    }
  }
}
