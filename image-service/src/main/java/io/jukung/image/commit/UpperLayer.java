package io.jukung.image.commit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.cri.CriException;
import io.jukung.image.tar.TarEntry;
import io.jukung.image.tar.TarEntryWriter;
import io.jukung.image.tar.TarEntryWriter.Extent;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Writes the upper directory of an overlay as the archive of a layer (OCI image-spec, layer.md):
 * whiteouts and opaque directories become {@code .wh.} names. Names are sorted by their bytes, so
 * that the same tree always gives the same archive. Sockets are left out, as no archive can have
 * them. Not thread-safe.
 */
final class UpperLayer {
  private static final String WHITEOUT_PREFIX = ".wh.";
  private static final String OPAQUE_MARK = ".wh..wh..opq";

  /** overlayfs.rst: attributes by which overlayfs marks the files of an upper directory. */
  private static final List<String> OVERLAY_PREFIXES = List.of("trusted.overlay.", "user.overlay.");

  private static final String ACCESS_ACL = "system.posix_acl_access";
  private static final String DEFAULT_ACL = "system.posix_acl_default";
  private static final String CAPABILITY = "security.capability";

  /** A file with smaller holes is stored with the zeros, which every reader understands. */
  private static final long MIN_HOLE_BYTES = 1 << 20;

  /** As many parts as readers accept. */
  private static final int MAX_PARTS = 10_000;

  private static final int STATUS_BLOCK_BYTES = 512;

  /** As deep as a path of the kernel's longest (PATH_MAX) can be. */
  private static final int MAX_DEPTH = 2_048;

  private final OwnerMap owners;
  private final Optional<FileTime> newest;
  private final TarEntryWriter tar;

  /** The first names of files that have several, by file system and inode. */
  private final Map<String, String> firstNames = new HashMap<>();

  private UpperLayer(OwnerMap owners, Optional<FileTime> newest, TarEntryWriter tar) {
    this.owners = owners;
    this.newest = newest;
    this.tar = tar;
  }

  /**
   * Writes the archive, with its end.
   *
   * @param upper the directory
   * @param owners turns ids of the host into the container's
   * @param newest later times of files become this one; empty: they stay
   */
  static void write(Fd upper, OwnerMap owners, Optional<FileTime> newest, TarEntryWriter tar)
      throws IOException {
    new UpperLayer(owners, newest, tar).directory(upper, "", 0);
    tar.finish();
  }

  private void directory(Fd directory, String path, int depth) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("write a layer");
    }
    if (depth > MAX_DEPTH) {
      throw refused(path, "is more than " + MAX_DEPTH + " directories deep");
    }
    List<String> names = new ArrayList<>();
    for (byte[] name : DirectoryListing.names(directory)) {
      names.add(new String(name, ISO_8859_1));
    }
    names.sort(null);
    for (String name : names) {
      String each = TarPath.join(path, name);
      FileStatus status = FileStatus.of(directory, TarPath.bytes(name));
      if (status.isWhiteout()) {
        whiteout(TarPath.join(path, WHITEOUT_PREFIX + name));
      } else if (name.startsWith(WHITEOUT_PREFIX)) {
        throw refused(each, "has a name that means a deleted file in a layer");
      } else if (status.isDirectory()) {
        try (Fd child = DirectoryEntry.openDirectory(directory, TarPath.bytes(name))) {
          enter(child, each, depth + 1);
        }
      } else if (status.type() != FileType.SOCKET) {
        file(directory, name, each, status);
      }
    }
  }

  private void enter(Fd directory, String path, int depth) throws IOException {
    List<String> attributes = ExtendedAttributes.list(directory);
    FileStatus status = FileStatus.of(directory);
    tar.entry(
        entry(path, TarEntry.Type.DIRECTORY, status, "", attributes(path, directory, attributes)));
    if (isOpaque(directory, attributes)) {
      whiteout(TarPath.join(path, OPAQUE_MARK));
    }
    directory(directory, path, depth);
  }

  private static boolean isOpaque(Fd directory, List<String> attributes) throws IOException {
    for (String prefix : OVERLAY_PREFIXES) {
      if (attributes.contains(prefix + "opaque")) {
        byte[] value = ExtendedAttributes.get(directory, prefix + "opaque").orElse(new byte[0]);
        if (value.length == 1 && value[0] == 'y') {
          return true;
        }
      }
    }
    return false;
  }

  /** The entry of a deleted name says nothing but the name. */
  private void whiteout(String path) throws IOException {
    tar.entry(
        new TarEntry(path, TarEntry.Type.FILE, 0, 0, 0, new FileTime(0, 0), "", 0, 0, 0, Map.of()));
  }

  private void file(Fd directory, String name, String path, FileStatus status) throws IOException {
    if (status.links() > 1) {
      String first =
          firstNames.putIfAbsent(
              status.filesystemMajor() + ":" + status.filesystemMinor() + ":" + status.inode(),
              path);
      if (first != null) {
        tar.entry(entry(path, TarEntry.Type.HARD_LINK, status, first, Map.of()));
        return;
      }
    }
    byte[] bytes = TarPath.bytes(name);
    Map<String, byte[]> attributes =
        attributes(path, directory, bytes, ExtendedAttributes.list(directory, bytes));
    switch (status.type()) {
      case REGULAR -> regular(directory, bytes, path, status, attributes);
      case SYMLINK ->
          tar.entry(
              entry(
                  path,
                  TarEntry.Type.SYMLINK,
                  status,
                  new String(DirectoryEntry.readSymlink(directory, bytes), ISO_8859_1),
                  attributes));
      case CHARACTER_DEVICE ->
          tar.entry(entry(path, TarEntry.Type.CHARACTER_DEVICE, status, "", attributes));
      case BLOCK_DEVICE ->
          tar.entry(entry(path, TarEntry.Type.BLOCK_DEVICE, status, "", attributes));
      case FIFO -> tar.entry(entry(path, TarEntry.Type.FIFO, status, "", attributes));
      default -> throw refused(path, "is of a kind that no archive can have");
    }
  }

  private TarEntry entry(
      String path,
      TarEntry.Type type,
      FileStatus status,
      String link,
      Map<String, byte[]> attributes)
      throws IOException {
    try {
      return new TarEntry(
          path,
          type,
          status.mode(),
          owners.user(status.uid()),
          owners.group(status.gid()),
          time(status.modified()),
          link,
          type == TarEntry.Type.FILE ? status.size() : 0,
          status.deviceMajor(),
          status.deviceMinor(),
          attributes);
    } catch (IOException e) {
      throw refused(path, String.valueOf(e.getMessage()));
    }
  }

  private FileTime time(FileTime modified) {
    return newest.filter(limit -> limit.seconds() < modified.seconds()).orElse(modified);
  }

  // ── content ────────────────────────────────────────────────────────────────────────────────

  private void regular(
      Fd directory, byte[] name, String path, FileStatus status, Map<String, byte[]> attributes)
      throws IOException {
    TarEntry entry = entry(path, TarEntry.Type.FILE, status, "", attributes);
    try (Fd file = openRegular(directory, name, path, status)) {
      TarEntryWriter.Content content = part -> open(file, part);
      boolean holes = status.size() - status.blocks() * STATUS_BLOCK_BYTES >= MIN_HOLE_BYTES;
      List<Extent> parts = holes ? parts(file, status.size()) : List.of();
      if (holes && parts.size() <= MAX_PARTS) {
        tar.sparseFile(entry, parts, content);
      } else {
        tar.file(entry, content);
      }
    }
  }

  /**
   * Opens a file for reading. A container that does not stand still may put a device of the node in
   * the place of the file, which the daemon could read and the container could not: so what is
   * opened is looked at before it is opened for reading.
   */
  private static Fd openRegular(Fd directory, byte[] name, String path, FileStatus expected)
      throws IOException {
    try (Fd handle = DirectoryEntry.openPath(directory, name)) {
      FileStatus found = FileStatus.of(handle);
      if (found.type() != FileType.REGULAR || found.inode() != expected.inode()) {
        throw refused(path, "was replaced while it was read");
      }
      return HostFile.open(handle.procPath(), OpenFlags.O_RDONLY, 0);
    }
  }

  /** A second opening of the same file, with a position of its own. */
  private static InputStream open(Fd file, Extent part) throws IOException {
    FileInputStream in = new FileInputStream(file.procPath());
    try {
      in.getChannel().position(part.offset());
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static List<Extent> parts(Fd file, long size) throws IOException {
    List<Extent> parts = new ArrayList<>();
    long at = 0;
    while (at < size && parts.size() <= MAX_PARTS) {
      long data = file.seekData(at);
      if (data < 0) {
        break;
      }
      long hole = Math.min(file.seekHole(data), size);
      parts.add(new Extent(data, hole - data));
      at = hole;
    }
    return parts;
  }

  // ── attributes ─────────────────────────────────────────────────────────────────────────────

  private Map<String, byte[]> attributes(String path, Fd file, List<String> names)
      throws IOException {
    return attributes(path, names, name -> ExtendedAttributes.get(file, name).orElse(null));
  }

  private Map<String, byte[]> attributes(
      String path, Fd directory, byte[] entry, List<String> names) throws IOException {
    return attributes(
        path, names, name -> ExtendedAttributes.get(directory, entry, name).orElse(null));
  }

  @FunctionalInterface
  private interface Reading {
    byte @org.jspecify.annotations.Nullable [] get(String name) throws IOException;
  }

  /** What an image can have of a file's attributes; labels and the like belong to the host. */
  private Map<String, byte[]> attributes(String path, List<String> names, Reading reading)
      throws IOException {
    Map<String, byte[]> kept = new TreeMap<>();
    for (String name : names) {
      if (isOverlays(name)) {
        checkWhole(path, name);
        continue;
      }
      boolean acl = name.equals(ACCESS_ACL) || name.equals(DEFAULT_ACL);
      if (!acl && !name.equals(CAPABILITY) && !name.startsWith("user.")) {
        continue;
      }
      byte[] value;
      try {
        value = reading.get(name);
      } catch (ErrnoException e) {
        if (e.is(Errno.EOPNOTSUPP)) {
          continue; // listed, and not readable on this kind of file
        }
        throw e;
      }
      if (value == null) {
        continue;
      }
      try {
        kept.put(
            name,
            acl ? owners.acl(value) : name.equals(CAPABILITY) ? owners.capability(value) : value);
      } catch (IOException e) {
        throw refused(path, "its attribute " + name + ": " + e.getMessage());
      }
    }
    return kept;
  }

  private static boolean isOverlays(String name) {
    return OVERLAY_PREFIXES.stream().anyMatch(name::startsWith);
  }

  /** A file or directory that is only a reference to one below cannot be read here. */
  private static void checkWhole(String path, String attribute) {
    if (attribute.endsWith(".redirect") || attribute.endsWith(".metacopy")) {
      throw refused(path, "has the attribute " + attribute + ", so its content is elsewhere");
    }
  }

  private static CriException refused(String path, String reason) {
    return CriException.failedPrecondition(
        "the container's file %s %s".formatted(TarPath.display("/" + path), reason));
  }
}
