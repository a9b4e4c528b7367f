package io.jukung.linux.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes files and directories into a tar archive. No symbolic link is followed, whatever changes
 * in the tree meanwhile, and no device or FIFO is opened. Sockets are left out: an archive cannot
 * have them. Belongs to one thread.
 */
public final class TreeReader {
  /** Deeper than any tree in use. Each level keeps a descriptor open. */
  private static final int MAX_DEPTH = 500;

  /** Bounds the memory for hard links. Later ones become files of their own. */
  private static final int MAX_LINKED = 100_000;

  private static final int BUFFER_BYTES = 64 << 10;

  /** Of the attributes that a file may have, those that mean something on another file system. */
  private static final String CAPABILITY = "security.capability";

  private final TarOutput out;
  private final int maxLinked;
  private final boolean withMounts;
  private OwnerMap owners = OwnerMap.SAME;
  private final byte[] buffer = new byte[BUFFER_BYTES];

  /** The first name in the archive of a file with several names. */
  private final Map<Inode, String> linked = new HashMap<>();

  private record Inode(int major, int minor, long number) {}

  public TreeReader(TarOutput out) {
    this(out, MAX_LINKED, /* withMounts= */ true);
  }

  private TreeReader(TarOutput out, int maxLinked, boolean withMounts) {
    this.out = out;
    this.maxLinked = maxLinked;
    this.withMounts = withMounts;
  }

  /** Writes each name of a file with several names as a file of its own. */
  public static TreeReader withoutHardLinks(TarOutput out) {
    return new TreeReader(out, 0, /* withMounts= */ true);
  }

  /** Writes an empty directory or file for each that is mounted in the tree. */
  public static TreeReader withoutMounts(TarOutput out) {
    return new TreeReader(out, MAX_LINKED, /* withMounts= */ false);
  }

  /** Writes the owners that a container sees. */
  public TreeReader seenBy(OwnerMap container) {
    owners = container;
    return this;
  }

  /**
   * Writes what has a name in a directory: a directory with everything in it, or a symbolic link
   * itself.
   *
   * @param member its name in the archive
   * @throws ErrnoException ENOENT if nothing has the name
   */
  public void add(Fd directory, byte[] name, String member) throws IOException {
    add(directory, name, member, 0);
  }

  /**
   * Writes an open directory with everything in it.
   *
   * @param member its name in the archive; empty: only what is in it is written
   */
  public void addDirectory(Fd directory, String member) throws IOException {
    addDirectory(directory, member, 0);
  }

  /**
   * Writes the file of an O_PATH handle, which is neither a directory nor a symbolic link.
   *
   * @param member its name in the archive
   */
  public void addFile(Fd handle, String member) throws IOException {
    addFile(handle, FileStatus.of(handle), member);
  }

  private void add(Fd directory, byte[] name, String member, int depth) throws IOException {
    try (Fd handle = DirectoryEntry.openPath(directory, name)) {
      FileStatus status = FileStatus.of(handle);
      if (status.mountRoot() && !withMounts) {
        addMountpoint(status, member);
        return;
      }
      switch (status.type()) {
        case DIRECTORY -> {
          try (Fd opened = Openat2.openDirectory(handle, ".")) {
            addDirectory(opened, member, depth);
          }
        }
        case SYMLINK -> {
          String target = new String(DirectoryEntry.readSymlink(directory, name), ISO_8859_1);
          out.begin(member(member, TarMember.Kind.SYMLINK, status, target, 0, Map.of()));
        }
        case REGULAR, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET ->
            addFile(handle, status, member);
      }
    }
  }

  private void addMountpoint(FileStatus status, String member) throws IOException {
    out.begin(
        status.isDirectory()
            ? member(member + "/", TarMember.Kind.DIRECTORY, status, "", 0, Map.of())
            : member(member, TarMember.Kind.FILE, status, "", 0, Map.of()));
  }

  private void addDirectory(Fd directory, String member, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException(member + " is deeper than " + MAX_DEPTH + " directories");
    }
    if (!member.isEmpty()) {
      FileStatus status = FileStatus.of(directory);
      out.begin(
          member(member + "/", TarMember.Kind.DIRECTORY, status, "", 0, attributes(directory)));
    }
    List<byte[]> names = DirectoryListing.names(directory);
    for (byte[] name : names) {
      String text = new String(name, ISO_8859_1);
      try {
        add(directory, name, member.isEmpty() ? text : member + "/" + text, depth + 1);
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT)) {
          throw e;
        }
        // It was removed since the directory was listed.
      }
    }
  }

  private void addFile(Fd handle, FileStatus status, String member) throws IOException {
    switch (status.type()) {
      case REGULAR -> addRegular(handle, status, member);
      case CHARACTER_DEVICE ->
          out.begin(member(member, TarMember.Kind.CHARACTER_DEVICE, status, "", 0, Map.of()));
      case BLOCK_DEVICE ->
          out.begin(member(member, TarMember.Kind.BLOCK_DEVICE, status, "", 0, Map.of()));
      case FIFO -> out.begin(member(member, TarMember.Kind.FIFO, status, "", 0, Map.of()));
      case SOCKET -> {
        // A socket is of use only to the program that has made it.
      }
      case DIRECTORY, SYMLINK ->
          throw new IllegalArgumentException(member + " is a " + status.type().noun());
    }
  }

  private void addRegular(Fd handle, FileStatus status, String member) throws IOException {
    if (status.links() > 1) {
      Inode inode = new Inode(status.filesystemMajor(), status.filesystemMinor(), status.inode());
      String first = linked.get(inode);
      if (first != null) {
        out.begin(member(member, TarMember.Kind.HARD_LINK, status, first, 0, Map.of()));
        return;
      }
      if (linked.size() < maxLinked) {
        linked.put(inode, member);
      }
    }
    try (Fd file = Openat2.reopenForReading(handle)) {
      out.begin(member(member, TarMember.Kind.FILE, status, "", status.size(), attributes(file)));
      copy(file, member, status.size());
    }
  }

  /** Copies as many bytes as the header says. What was added to the file since is left out. */
  private void copy(Fd file, String member, long size) throws IOException {
    long left = size;
    while (left > 0) {
      int count = file.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count == 0) {
        throw new IOException("file " + member + " became shorter while it was copied");
      }
      out.write(buffer, 0, count);
      left -= count;
    }
  }

  private Map<String, byte[]> attributes(Fd file) throws IOException {
    try {
      Optional<byte[]> capability = ExtendedAttributes.get(file, CAPABILITY);
      return capability.isPresent()
          ? Map.of(CAPABILITY, owners.capability(capability.get()))
          : Map.of();
    } catch (ErrnoException e) {
      if (e.is(Errno.EOPNOTSUPP)) {
        return Map.of();
      }
      throw e;
    }
  }

  private TarMember member(
      String name,
      TarMember.Kind kind,
      FileStatus status,
      String link,
      long size,
      Map<String, byte[]> attributes) {
    boolean device =
        status.type() == FileType.CHARACTER_DEVICE || status.type() == FileType.BLOCK_DEVICE;
    return new TarMember(
        name,
        kind,
        status.mode(),
        owners.isSame() ? Integer.toUnsignedLong(status.uid()) : owners.shownUser(status.uid()),
        owners.isSame() ? Integer.toUnsignedLong(status.gid()) : owners.shownGroup(status.gid()),
        status.modified(),
        link,
        size,
        device ? status.deviceMajor() : 0,
        device ? status.deviceMinor() : 0,
        attributes);
  }
}
