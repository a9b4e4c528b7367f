package io.jukung.image.layer;

import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.tar.TarReader;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The place in a directory that a layer is unpacked into. It finds the parent of each entry,
 * confined below the root, makes the parents that the archive leaves out, and clears the way for
 * entries that replace earlier ones. Paths are of the archive's bytes, one char each, without a
 * leading slash.
 *
 * <p>Times need no second pass over the archive: writing into a directory touches its time, so that
 * is read before and put back when the next directory is entered.
 */
final class TreeCursor implements AutoCloseable {
  /** What overlayfs reads in a directory that hides all below it. */
  static final String OPAQUE = "trusted.overlay.opaque";

  static final byte[] OPAQUE_VALUE = {'y'};

  private static final int IMPLIED_MODE = 0755;
  private static final int MAX_LINKS = 40;

  /** Bounds the memory for names that wait for the layers below to be known. */
  private static final long MAX_PENDING_CHARS = 64L << 20;

  private final Fd root;
  private final LayerLimits limits;
  private final Set<String> implied = new LinkedHashSet<>();
  private final Set<String> whiteouts = new LinkedHashSet<>();
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

  /** Directories that no entry describes: they take their attributes from the layers below. */
  Set<String> implied() {
    return implied;
  }

  /** Whiteouts made, which the layers below may show to be needless. */
  Set<String> whiteouts() {
    return whiteouts;
  }

  /** The open directory for the path, made where it is missing; valid until the next call. */
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
   * An entry says what the directory entered last is to have as its time: from now on that is put
   * back instead.
   */
  void setModified(String path, FileTime modified) {
    if (path.equals(parentPath)) {
      parentModified = modified;
    }
  }

  /** An existing directory below the root, links followed, for the target of a hard link. */
  Fd openExisting(String path) throws ErrnoException {
    return Openat2.open(root, bytes(path), O_RDONLY | O_DIRECTORY, 0);
  }

  /** Counts a name about to be made. */
  void countEntry() throws LayerFormatException {
    if (++made > limits.maxEntries()) {
      throw new LayerFormatException("layer has more than " + limits.maxEntries() + " entries");
    }
  }

  /** The entry describes the directory: its attributes are the layer's own. */
  void described(String path) {
    if (implied.remove(path)) {
      pendingChars -= path.length();
    }
  }

  void whiteoutMade(String path) throws LayerFormatException {
    remember(whiteouts, path);
  }

  /**
   * Makes the name free for an entry that replaces what an earlier one made. Answers whether what
   * was there hid the layers below.
   */
  boolean clear(String directoryPath, Fd directory, byte[] name) throws ErrnoException {
    Optional<FileStatus> status = FileStatus.find(directory, name);
    if (status.isEmpty()) {
      return false;
    }
    String path = join(directoryPath, new String(name, ISO_8859_1));
    if (whiteouts.remove(path)) {
      pendingChars -= path.length();
    }
    TreeRemoval.remove(directory, name);
    return status.get().isWhiteout();
  }

  /** Puts the time of the last directory back, and forgets it: what follows opens anew. */
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

  static byte[] bytes(String path) {
    return path.getBytes(ISO_8859_1);
  }

  /** The bytes of a text, one char each. */
  static String chars(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  private void leave() throws ErrnoException {
    try (Fd left = parent) {
      FileAttributes.setTimes(left, parentModified, parentModified);
    }
  }

  private Fd openOrMake(String path) throws IOException {
    try {
      return Openat2.open(root, bytes(path), O_RDONLY | O_DIRECTORY, 0);
    } catch (ErrnoException e) {
      // Not a directory: perhaps a whiteout of this layer, in whose place one is to be made.
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
        throw e;
      }
    }
    return makeParents(path);
  }

  /**
   * Walks name by name, so that the names without links of what is made are known: the layers below
   * are asked for those later.
   */
  private Fd makeParents(String path) throws IOException {
    Deque<String> pending = new ArrayDeque<>(components(path));
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
        Optional<FileStatus> status = FileStatus.find(at, bytes(name));
        if (status.isPresent() && status.get().type() == FileType.SYMLINK) {
          if (++links > MAX_LINKS) {
            throw new LayerFormatException("too many links in " + TarReader.display(path));
          }
          String target = new String(DirectoryEntry.readSymlink(at, bytes(name)), ISO_8859_1);
          if (target.startsWith("/")) {
            done.clear();
            at = replace(at, root.duplicate());
          }
          List<String> rest = components(target);
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
          // The layer deletes the name and has it anew.
          clear(String.join("/", done.subList(0, done.size() - 1)), at, bytes(name));
          makeDirectory(at, name);
          try (Fd hiding = DirectoryEntry.openDirectory(at, bytes(name))) {
            ExtendedAttributes.set(hiding, OPAQUE, OPAQUE_VALUE);
          }
        }
        at = replace(at, DirectoryEntry.openDirectory(at, bytes(name)));
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
    DirectoryEntry.makeDirectory(at, bytes(name), IMPLIED_MODE);
    FileAttributes.setTimes(at, modified, modified);
  }

  private static Fd replace(Fd old, Fd next) {
    old.close();
    return next;
  }

  private void remember(Set<String> names, String path) throws LayerFormatException {
    if (names.add(path)) {
      pendingChars += path.length();
      if (pendingChars > MAX_PENDING_CHARS) {
        throw new LayerFormatException(
            "layer has more whiteouts and undescribed directories than are kept in memory");
      }
    }
  }

  /** Without empty ones and dots; ".." stays. */
  static List<String> components(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return names;
  }
}
