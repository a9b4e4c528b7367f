package io.jukung.image.layer;

import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The current position in the directory that a layer is unpacked into. The cursor opens the parent
 * of each entry, confined below the root. It makes parents that the archive has no entry for, and
 * removes names that an entry replaces. Paths have the form of {@link TarPath}, without a leading
 * slash.
 *
 * <p>Making a name changes the time of its directory. So the time is read when a directory is
 * entered, and restored when the next directory is entered; this needs no second pass over the
 * archive.
 */
final class TreeCursor implements AutoCloseable {
  /** The attribute of a directory that hides the content of the layers below from overlayfs. */
  static final String OPAQUE = "trusted.overlay.opaque";

  static final byte[] OPAQUE_VALUE = {'y'};

  private static final int IMPLIED_MODE = 0755;
  private static final int MAX_LINKS = 40;

  /** Bounds the memory for names that are kept until the layers below are known. */
  private static final long MAX_PENDING_CHARS = 64L << 20;

  private final Fd root;
  private final LayerLimits limits;
  private final Set<String> implied = new LinkedHashSet<>();
  private final Set<String> whiteouts = new LinkedHashSet<>();
  private final Map<String, byte[]> defaultAcls = new LinkedHashMap<>();
  private long pendingChars;
  private long made;

  private String parentPath = "";
  private Fd parent;
  private FileTime parentModified;

  TreeCursor(Fd root, LayerLimits limits) throws ErrnoException {
    this.root = root;
    this.limits = limits;
    implied.add("");
    this.parent = root.duplicate();
    this.parentModified = FileStatus.of(root).modified();
  }

  /** Directories that no entry describes. They get their attributes from the layers below. */
  Set<String> implied() {
    return implied;
  }

  /**
   * The whiteouts that were made. Those of names that the layers below do not have are removed
   * later.
   */
  Set<String> whiteouts() {
    return whiteouts;
  }

  /** The default ACLs of directories by their paths, to be set after the last entry. */
  Map<String, byte[]> defaultAcls() {
    return defaultAcls;
  }

  void keepDefaultAcl(String path, byte[] acl) throws LayerFormatException {
    if (defaultAcls.put(path, acl) == null) {
      charge(path.length() + acl.length);
    }
  }

  /**
   * Opens the directory at the path, and makes it if it does not exist. The descriptor is valid
   * until the next call.
   */
  Fd enter(String path) throws IOException {
    if (!path.equals(parentPath)) {
      Fd next = openOrMake(path);
      try {
        leave();
      } catch (ErrnoException e) {
        next.close();
        throw e;
      }
      parent = next;
      parentPath = path;
      parentModified = FileStatus.of(next).modified();
    }
    return parent;
  }

  /**
   * Sets the time that the directory gets when the cursor leaves it, if it is the directory at the
   * path.
   */
  void setModified(String path, FileTime modified) {
    if (path.equals(parentPath)) {
      parentModified = modified;
    }
  }

  /** Opens an existing directory below the root. Links are followed. */
  Fd openExisting(String path) throws ErrnoException {
    return Openat2.open(root, TarPath.bytes(path), O_RDONLY | O_DIRECTORY, 0);
  }

  /** Counts a name that is about to be made. */
  void countEntry() throws LayerFormatException {
    if (++made > limits.maxEntries()) {
      throw new LayerFormatException("layer has more than " + limits.maxEntries() + " entries");
    }
  }

  /** Records that an entry describes the directory, which keeps its own attributes then. */
  void described(String path) {
    if (implied.remove(path)) {
      pendingChars -= path.length();
    }
  }

  void whiteoutMade(String path) throws LayerFormatException {
    remember(whiteouts, path);
  }

  /** Removes what an earlier entry has made under the name. */
  void clear(String directoryPath, Fd directory, byte[] name) throws ErrnoException {
    Optional<FileStatus> status = FileStatus.find(directory, name);
    if (status.isEmpty()) {
      return;
    }
    String path = TarPath.join(directoryPath, new String(name, ISO_8859_1));
    if (whiteouts.remove(path)) {
      pendingChars -= path.length();
    }
    if (status.get().isDirectory()) {
      defaultAcls.keySet().removeIf(each -> each.equals(path) || each.startsWith(path + "/"));
    }
    TreeRemoval.remove(directory, name);
  }

  /** Restores the time of the current directory and returns to the root. */
  void finish() throws ErrnoException {
    leave();
    parent = root.duplicate();
    parentPath = "";
    parentModified = FileStatus.of(root).modified();
  }

  @Override
  public void close() {
    parent.close();
  }

  private void leave() throws ErrnoException {
    try (Fd left = parent) {
      FileAttributes.setTimes(left, parentModified, parentModified);
    }
  }

  private Fd openOrMake(String path) throws IOException {
    try {
      return Openat2.open(root, TarPath.bytes(path), O_RDONLY | O_DIRECTORY, 0);
    } catch (ErrnoException e) {
      // ENOTDIR can come from a whiteout of this layer, which a directory replaces.
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
        throw e;
      }
    }
    return makeParents(path);
  }

  /**
   * Makes the directories of the path that do not exist. It walks name by name, so that the paths
   * of these directories are known without links: they are looked up in the layers below later.
   */
  private Fd makeParents(String path) throws IOException {
    Deque<String> pending = new ArrayDeque<>(TarPath.components(path));
    List<String> done = new ArrayList<>();
    int links = 0;
    Fd at = root.duplicate();
    try {
      while (!pending.isEmpty()) {
        String name = pending.removeFirst();
        if (name.equals("..")) {
          if (!done.isEmpty()) {
            done.removeLast();
          }
          at = replace(at, openExisting(String.join("/", done)));
          continue;
        }
        Optional<FileStatus> status = FileStatus.find(at, TarPath.bytes(name));
        if (status.isPresent() && status.get().type() == FileType.SYMLINK) {
          if (++links > MAX_LINKS) {
            throw new LayerFormatException("too many links in " + TarPath.display(path));
          }
          String target =
              new String(DirectoryEntry.readSymlink(at, TarPath.bytes(name)), ISO_8859_1);
          if (target.startsWith("/")) {
            done.clear();
            at = replace(at, root.duplicate());
          }
          List<String> rest = TarPath.components(target);
          for (int i = rest.size() - 1; i >= 0; i--) {
            pending.addFirst(rest.get(i));
          }
          continue;
        }
        done.add(name);
        if (status.isEmpty()) {
          makeDirectory(at, name);
          remember(implied, String.join("/", done));
        } else if (status.get().isWhiteout() && whiteouts.contains(String.join("/", done))) {
          // The layer deletes the name and then makes it again.
          clear(String.join("/", done.subList(0, done.size() - 1)), at, TarPath.bytes(name));
          makeDirectory(at, name);
          try (Fd hiding = DirectoryEntry.openDirectory(at, TarPath.bytes(name))) {
            ExtendedAttributes.set(hiding, OPAQUE, OPAQUE_VALUE);
          }
        }
        at = replace(at, DirectoryEntry.openDirectory(at, TarPath.bytes(name)));
      }
      return at;
    } catch (IOException | RuntimeException e) {
      at.close();
      throw e;
    }
  }

  private void makeDirectory(Fd at, String name) throws IOException {
    countEntry();
    FileTime modified = FileStatus.of(at).modified();
    DirectoryEntry.makeDirectory(at, TarPath.bytes(name), IMPLIED_MODE);
    FileAttributes.setTimes(at, modified, modified);
  }

  private static Fd replace(Fd old, Fd next) {
    old.close();
    return next;
  }

  private void remember(Set<String> names, String path) throws LayerFormatException {
    if (names.add(path)) {
      charge(path.length());
    }
  }

  private void charge(long chars) throws LayerFormatException {
    pendingChars += chars;
    if (pendingChars > MAX_PENDING_CHARS) {
      throw new LayerFormatException(
          "layer has more whiteouts, undescribed directories and ACLs than are kept in memory");
    }
  }
}
