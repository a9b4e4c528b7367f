package io.jukung.image.layer;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.erofs.Attribute;
import io.jukung.image.erofs.ErofsWriter;
import io.jukung.image.erofs.Inode;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.mount.ErofsMount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A layer in an EROFS image. The contents of files are written to the image as they arrive. Names
 * and attributes stay in memory until the layers below are known. So no path of the archive is ever
 * resolved by a file system, and a file needs no system call of its own.
 */
final class ErofsTree implements LayerTree {
  private static final int NAME_MAX = 255;
  private static final int MAX_LINKS = 40;
  private static final int IMPLIED_MODE = 0755;
  private static final FileTime NO_TIME = new FileTime(0, 0);

  /** About the memory that a name takes in addition to its characters. */
  private static final int NAME_BYTES = 200;

  private final Fd file;
  private final LayerLimits limits;
  private final SpaceReserve reserve;
  private final ErofsWriter writer;
  private final Inode root = impliedDirectory();
  private final Set<Inode> implied = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Whether the layers below have an influence on more than the root. */
  private boolean dependsOnLower;

  private long made;
  private long memory;

  /** The parent that was used last. Archives usually have all entries of a directory together. */
  private String parentPath = "";

  private Inode parent = root;

  private ErofsTree(Fd file, LayerLimits limits) throws IOException {
    this.file = file;
    this.limits = limits;
    this.reserve = new SpaceReserve(file, limits.reservedBytes(), "a layer");
    this.writer = new ErofsWriter(file);
    implied.add(root);
  }

  /**
   * @param image must not exist; no other code uses its directory
   */
  static ErofsTree create(Path image, LayerLimits limits) throws IOException {
    Path directory = image.toAbsolutePath().getParent();
    Path name = image.getFileName();
    if (directory == null || name == null) {
      throw new IllegalArgumentException("image at the root: " + image);
    }
    Fd file;
    try (Fd parent = HostFile.openDirectory(directory)) {
      file = DirectoryEntry.createFile(parent, name.toString().getBytes(UTF_8), 0600);
    }
    try {
      return new ErofsTree(file, limits);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public void countEntry() throws LayerFormatException {
    if (++made > limits.maxEntries()) {
      throw new LayerFormatException("layer has more than " + limits.maxEntries() + " entries");
    }
  }

  // ── entries ────────────────────────────────────────────────────────────────────────────────

  @Override
  public void root(EntryAttributes attributes) throws IOException {
    implied.remove(root);
    describe(root, attributes);
  }

  @Override
  public void directory(String parent, String name, EntryAttributes attributes) throws IOException {
    Inode directory = enter(parent);
    Optional<Inode> present = directory.child(name);
    Inode made = present.filter(Inode::isDirectory).orElse(null);
    if (made == null) {
      made = Inode.directory();
      if (present.isPresent()) {
        setOpaque(made); // what the layer had there before has replaced the directory below
      }
      put(directory, name, made);
    }
    implied.remove(made);
    describe(made, attributes);
  }

  @Override
  public void file(
      String parent, String name, EntryAttributes attributes, long size, Content content)
      throws IOException {
    Inode directory = enter(parent);
    long block = writer.beginContent();
    content.deliver(
        (offset, source, start, length) -> {
          writer.write(offset, source, start, length);
          reserve.written(length);
        });
    writer.endContent(size);
    place(directory, name, attributes, Inode.file(block, size));
  }

  @Override
  public void symlink(String parent, String name, EntryAttributes attributes, byte[] target)
      throws IOException {
    charge(target.length);
    place(enter(parent), name, attributes, Inode.symlink(target));
  }

  @Override
  public void node(
      String parent, String name, EntryAttributes attributes, FileType type, DeviceNumber device)
      throws IOException {
    place(enter(parent), name, attributes, Inode.node(type, device));
  }

  @Override
  public void hardLink(String parent, String name, String targetParent, String targetName)
      throws IOException {
    Inode from = existing(targetParent);
    Inode target =
        from.child(targetName).orElseThrow(() -> refused("linkat", targetName, Errno.ENOENT));
    Inode directory = enter(parent);
    if (target.isDirectory()) {
      throw refused("linkat", targetName, Errno.EPERM);
    }
    if (directory == from && name.equals(targetName)) {
      throw refused(
          "linkat", targetName, Errno.EEXIST); // the same directory, reached by another path
    }
    put(directory, name, target);
  }

  @Override
  public boolean isWhiteout(String parent, String name) throws IOException {
    return existing(parent)
        .child(name)
        .orElseThrow(() -> refused("statx", name, Errno.ENOENT))
        .isWhiteout();
  }

  private void place(Inode directory, String name, EntryAttributes attributes, Inode inode)
      throws IOException {
    describe(inode, attributes);
    put(directory, name, inode);
  }

  private void put(Inode directory, String name, Inode inode) throws IOException {
    if (name.length() > NAME_MAX || name.indexOf('\0') >= 0) {
      throw refused("openat", name, name.length() > NAME_MAX ? Errno.ENAMETOOLONG : Errno.EINVAL);
    }
    charge(NAME_BYTES + name.length());
    if (directory.children().put(name, inode) != null) {
      parentPath = ""; // the replaced name may be a directory on the path to the last parent
      parent = root;
    }
  }

  private void describe(Inode inode, EntryAttributes attributes) throws IOException {
    inode.describe(attributes.mode(), attributes.uid(), attributes.gid(), attributes.modified());
    // A directory's second entry changes the mode of its first entry's ACL, as chmod(2) does.
    inode
        .attribute(ImageAttributes.ACCESS_ACL)
        .map(acl -> PosixAcl.parse(acl).withMode(attributes.mode()))
        .ifPresent(acl -> inode.set(ImageAttributes.ACCESS_ACL, acl.bytes()));
    for (Map.Entry<String, byte[]> attribute : attributes.extended().entrySet()) {
      charge(NAME_BYTES + attribute.getKey().length() + attribute.getValue().length);
      if (!Attribute.isKnown(attribute.getKey())) {
        throw new LayerFormatException(
            "layer has an extended attribute whose name is too long: "
                + TarPath.display(attribute.getKey()));
      }
      inode.set(attribute.getKey(), attribute.getValue());
    }
    if (!inode.hasRoomForAttributes()) {
      throw new LayerFormatException("layer has a file with more than 256 KiB of attributes");
    }
  }

  private void charge(long bytes) throws LayerTooLargeException {
    memory += bytes;
    if (memory > limits.maxIndexBytes()) {
      throw new LayerTooLargeException(
          "the names of a layer take more than %d bytes".formatted(limits.maxIndexBytes()));
    }
  }

  // ── whiteouts ──────────────────────────────────────────────────────────────────────────────

  @Override
  public void hide(String parent, String name) throws IOException {
    Inode directory = enter(parent);
    Optional<Inode> present = directory.child(name);
    if (present.isEmpty()) {
      countEntry();
      put(directory, name, Inode.node(FileType.CHARACTER_DEVICE, new DeviceNumber(0, 0)));
      dependsOnLower = true;
    } else if (present.get().isDirectory()) {
      setOpaque(present.get());
    }
  }

  @Override
  public void makeOpaque(String directory) throws IOException {
    setOpaque(enter(directory));
  }

  private static void setOpaque(Inode directory) {
    directory.set(TreeCursor.OPAQUE, TreeCursor.OPAQUE_VALUE);
  }

  // ── paths ──────────────────────────────────────────────────────────────────────────────────

  private Inode enter(String path) throws IOException {
    if (!path.equals(parentPath)) {
      parent = walk(path, /* make= */ true);
      parentPath = path;
    }
    return parent;
  }

  private Inode existing(String path) throws IOException {
    return walk(path, /* make= */ false);
  }

  /**
   * Resolves a path as the kernel would below a root: links are followed, and ".." at the root
   * stays there.
   */
  private Inode walk(String path, boolean make) throws IOException {
    Deque<String> pending = new ArrayDeque<>(TarPath.components(path));
    List<Inode> done = new ArrayList<>(List.of(root));
    int links = 0;
    while (!pending.isEmpty()) {
      String name = pending.removeFirst();
      if (name.equals("..")) {
        if (done.size() > 1) {
          done.removeLast();
        }
        continue;
      }
      Inode directory = done.getLast();
      Optional<Inode> child = directory.child(name);
      if (child.isPresent() && child.get().type() == FileType.SYMLINK) {
        if (++links > MAX_LINKS) {
          throw refused("openat2", path, Errno.ELOOP);
        }
        String target = new String(child.get().target(), ISO_8859_1);
        if (target.startsWith("/")) {
          done.subList(1, done.size()).clear();
        }
        TarPath.components(target).reversed().forEach(pending::addFirst);
        continue;
      }
      done.add(
          child.filter(Inode::isDirectory).isPresent()
              ? child.get()
              : makeParent(directory, name, path, child, make));
    }
    return done.getLast();
  }

  private Inode makeParent(
      Inode directory, String name, String path, Optional<Inode> present, boolean make)
      throws IOException {
    boolean replaces = present.filter(Inode::isWhiteout).isPresent();
    if (!make || (present.isPresent() && !replaces)) {
      throw refused("openat2", path, present.isPresent() ? Errno.ENOTDIR : Errno.ENOENT);
    }
    countEntry();
    Inode made = impliedDirectory();
    if (replaces) {
      setOpaque(made); // the layer deletes the name and then makes it again
    } else {
      implied.add(made);
      dependsOnLower = true;
    }
    put(directory, name, made);
    return made;
  }

  private static Inode impliedDirectory() {
    Inode directory = Inode.directory();
    directory.describe(IMPLIED_MODE, 0, 0, NO_TIME);
    return directory;
  }

  /** The error of the system call that would fail if the layer were unpacked into a directory. */
  private static ErrnoException refused(String call, String path, int errno) {
    return new ErrnoException(call, TarPath.display(path), errno);
  }

  // ── the layers below, and the image ────────────────────────────────────────────────────────

  @Override
  public void checkSpace() throws IOException {
    reserve.check();
  }

  @Override
  public void finish() {}

  /**
   * A directory that has to be settled.
   *
   * @param hidden whether a directory on the path is opaque, so that nothing below can be seen
   */
  private record Place(String path, Inode directory, boolean hidden) {}

  @Override
  public void settle(LowerView lower) throws IOException, InterruptedException {
    if (implied.contains(root)) {
      takeFrom(lower, "", root);
    }
    if (dependsOnLower) {
      Deque<Place> pending = new ArrayDeque<>(List.of(new Place("", root, isOpaque(root))));
      while (!pending.isEmpty()) {
        settle(pending.removeLast(), lower, pending);
      }
    }
    reserve.check();
    writer.finish(root);
  }

  private void settle(Place place, LowerView lower, Deque<Place> pending)
      throws IOException, InterruptedException {
    Iterator<Map.Entry<String, Inode>> names = place.directory.children().entrySet().iterator();
    while (names.hasNext()) {
      Map.Entry<String, Inode> entry = names.next();
      String path = TarPath.join(place.path, entry.getKey());
      Inode inode = entry.getValue();
      if (inode.isDirectory()) {
        if (implied.contains(inode) && !place.hidden) {
          takeFrom(lower, path, inode);
        }
        pending.addLast(new Place(path, inode, place.hidden || isOpaque(inode)));
      } else if (inode.isWhiteout() && (place.hidden || !lower.exists(path))) {
        names.remove();
      }
    }
  }

  private static boolean isOpaque(Inode directory) {
    return directory.attribute(TreeCursor.OPAQUE).isPresent();
  }

  private void takeFrom(LowerView lower, String path, Inode directory)
      throws IOException, InterruptedException {
    Optional<EntryAttributes> seen = lower.directory(path);
    if (seen.isPresent()) {
      describe(directory, seen.get());
    }
  }

  @Override
  public boolean hidesLower() {
    return isOpaque(root);
  }

  @Override
  public Fd open() throws IOException {
    return rootOf(
        ErofsMount.detached(file)); // not by its path, which changes when the layer is published
  }

  /**
   * Opens the root of an image. The image stays mounted, without being visible, until the root and
   * all files opened below it are closed.
   */
  static Fd open(Path image) throws IOException {
    return rootOf(ErofsMount.detached(image));
  }

  private static Fd rootOf(Fd mount) throws IOException {
    try (mount) {
      return Openat2.open(mount, new byte[] {'.'}, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    }
  }

  @Override
  public void sync() throws IOException {
    Sync.file(file);
  }

  @Override
  public void close() {
    writer.close();
    file.close();
  }
}
