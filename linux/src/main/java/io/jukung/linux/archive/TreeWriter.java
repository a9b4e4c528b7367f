package io.jukung.linux.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileCreation;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Unpacks a tar archive below a directory. Neither a name in the archive nor a symbolic link below
 * the directory leads out of it: no link is followed, not even one that was there before, so that
 * one copy cannot put a link in the way of the next. A file replaces what has its name, unless that
 * is a directory; directories are merged. Belongs to one thread.
 */
public final class TreeWriter {
  /** Deeper than any tree in use. */
  private static final int MAX_DEPTH = 500;

  /** Bounds the memory for the directories whose mode and time are set at the end. */
  private static final int MAX_DIRECTORIES = 1_000_000;

  private static final int BUFFER_BYTES = 64 << 10;
  private static final int PRIVATE_DIRECTORY = 0700;
  private static final int SET_ID = 06000;
  private static final long MAX_ID = 0xFFFFFFFFL - 1;
  private static final String CAPABILITY = "security.capability";

  /** The name of a file that is not complete yet. No two copies share one. */
  private static final String TEMPORARY = ".jukung-copy-";

  private final Fd root;
  private final Policy policy;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final byte[] temporary = (TEMPORARY + UUID.randomUUID()).getBytes(ISO_8859_1);
  private final Deque<Unfinished> directories = new ArrayDeque<>();
  private OwnerMap owners = OwnerMap.SAME;
  private boolean overwritesDirectories;
  private long written;

  /**
   * What is kept of the archive.
   *
   * @param owners whether files keep their owners, set-id bits and capabilities
   * @param uid the owner of all files if they do not
   * @param gid the group of all files if they do not
   * @param devices whether device files are made; if not they are an error
   */
  public record Policy(boolean owners, int uid, int gid, boolean devices) {}

  private record Unfinished(List<byte[]> path, int mode, FileTime modified) {}

  /**
   * @param root the directory; it stays the caller's
   */
  public TreeWriter(Fd root, Policy policy) {
    this.root = root;
    this.policy = policy;
  }

  /**
   * Has directories that are there get the owner, mode and time of those of the archive. Without
   * this, they keep their own.
   */
  public TreeWriter overwritingDirectories() {
    overwritesDirectories = true;
    return this;
  }

  /** Takes the owners of the archive and of the policy for those that a container sees. */
  public TreeWriter seenBy(OwnerMap container) {
    owners = container;
    return this;
  }

  /**
   * Unpacks the whole archive.
   *
   * @return how many files, links and directories were written
   */
  public long unpack(TarInput archive) throws IOException {
    Optional<TarMember> member = archive.next();
    while (member.isPresent()) {
      write(member.get(), archive);
      member = archive.next();
    }
    finish();
    return written;
  }

  /** Writes one member. {@link #finish} is to be called after the last one. */
  public void write(TarMember member, TarInput content) throws IOException {
    List<byte[]> path = path(member.name());
    if (path.isEmpty()) {
      return; // the directory itself, which is there
    }
    byte[] name = path.removeLast();
    try (Fd directory = directory(path)) {
      switch (member.kind()) {
        case DIRECTORY -> makeDirectory(directory, path, name, member);
        case FILE -> makeFile(directory, name, member, content);
        case SYMLINK -> {
          byte[] target = member.linkName().getBytes(ISO_8859_1);
          var _ =
              create(
                  () -> {
                    DirectoryEntry.makeSymlink(directory, temporary, target);
                    return true;
                  });
          place(directory, name, member, Optional.empty());
        }
        case HARD_LINK -> makeHardLink(directory, name, member);
        case FIFO -> makeNode(directory, name, FileType.FIFO, member);
        case CHARACTER_DEVICE -> makeNode(directory, name, FileType.CHARACTER_DEVICE, member);
        case BLOCK_DEVICE -> makeNode(directory, name, FileType.BLOCK_DEVICE, member);
      }
    }
    written++;
  }

  /** Sets modes and times of the directories that were made, the deepest first. */
  public void finish() throws IOException {
    while (!directories.isEmpty()) {
      Unfinished last = directories.pop();
      try (Fd directory = directory(last.path())) {
        FileAttributes.setMode(directory, last.mode());
        FileAttributes.setTimes(directory, last.modified(), last.modified());
      }
    }
  }

  /** The names of a path in the archive, which is never absolute and never goes up. */
  private static List<byte[]> path(String text) throws IOException {
    List<byte[]> names = new ArrayList<>();
    for (String name : text.split("/", -1)) {
      if (name.equals("..")) {
        throw new IOException("the archive has a name with \"..\": " + text);
      }
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name.getBytes(ISO_8859_1));
      }
    }
    if (names.size() > MAX_DEPTH) {
      throw new IOException("the archive has a name deeper than " + MAX_DEPTH + " directories");
    }
    return names;
  }

  /** Opens a directory below the root and makes what is missing. */
  private Fd directory(List<byte[]> path) throws IOException {
    Fd current = root.duplicate();
    try {
      for (byte[] name : path) {
        Fd next = openOrMake(current, name);
        current.close();
        current = next;
      }
      return current;
    } catch (IOException e) {
      current.close();
      throw e;
    }
  }

  private Fd openOrMake(Fd parent, byte[] name) throws IOException {
    try {
      return DirectoryEntry.openDirectory(parent, name);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP)) {
        throw notDirectory(name, e);
      }
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
    var _ = create(() -> DirectoryEntry.makeDirectoryIfAbsent(parent, name, 0755));
    Fd made = DirectoryEntry.openDirectory(parent, name);
    FileAttributes.setOwner(
        made, (int) owners.hostUser(policy.uid()), (int) owners.hostGroup(policy.gid()));
    return made;
  }

  private static IOException notDirectory(byte[] name, ErrnoException cause) {
    return new IOException(
        "\""
            + new String(name, ISO_8859_1)
            + "\" is a file or a link at the destination and a directory in the archive",
        cause);
  }

  private void makeDirectory(Fd parent, List<byte[]> path, byte[] name, TarMember member)
      throws IOException {
    if (!create(() -> DirectoryEntry.makeDirectoryIfAbsent(parent, name, PRIVATE_DIRECTORY))) {
      FileStatus there = FileStatus.of(parent, name);
      if (!there.isDirectory()) {
        throw notDirectory(name, new ErrnoException("mkdirat", member.name(), Errno.EEXIST));
      }
      if (!overwritesDirectories) {
        return;
      }
    }
    try (Fd made = DirectoryEntry.openDirectory(parent, name)) {
      own(made, member);
    }
    if (directories.size() >= MAX_DIRECTORIES) {
      throw new IOException("the archive has more than " + MAX_DIRECTORIES + " directories");
    }
    List<byte[]> whole = new ArrayList<>(path);
    whole.add(name);
    directories.push(new Unfinished(whole, mode(member), member.modified()));
  }

  private void makeFile(Fd directory, byte[] name, TarMember member, TarInput content)
      throws IOException {
    try (Fd file = create(() -> DirectoryEntry.createFile(directory, temporary, 0600))) {
      int count = content.read(buffer);
      while (count > 0) {
        file.write(count == buffer.length ? buffer : Arrays.copyOf(buffer, count));
        count = content.read(buffer);
      }
      place(directory, name, member, Optional.of(file));
    } catch (IOException e) {
      removeTemporary(directory, e);
      throw e;
    }
  }

  private void makeNode(Fd directory, byte[] name, FileType type, TarMember member)
      throws IOException {
    if (type != FileType.FIFO && !policy.devices()) {
      throw new IOException(
          "\"" + member.name() + "\" is a device, which is copied only with its owner (-a)");
    }
    DeviceNumber number = new DeviceNumber(member.deviceMajor(), member.deviceMinor());
    var _ =
        create(
            () -> {
              DirectoryEntry.makeNode(directory, temporary, type, 0600, number);
              return true;
            });
    try (Fd made = DirectoryEntry.openPath(directory, temporary)) {
      place(directory, name, member, Optional.of(made));
    } catch (IOException e) {
      removeTemporary(directory, e);
      throw e;
    }
  }

  /** Links to a file that the archive, or the destination, has below the same directory. */
  private void makeHardLink(Fd directory, byte[] name, TarMember member) throws IOException {
    List<byte[]> target = path(member.linkName());
    if (target.isEmpty()) {
      throw new IOException("the archive has a hard link to a directory: " + member.name());
    }
    byte[] existing = target.removeLast();
    try (Fd from = directory(target)) {
      if (FileStatus.of(from, existing).type() != FileType.REGULAR) {
        throw new IOException(
            "the archive has a hard link to what is no file: " + member.linkName());
      }
      var _ =
          create(
              () -> {
                DirectoryEntry.makeHardLink(from, existing, directory, temporary);
                return true;
              });
    }
    rename(directory, name);
  }

  /**
   * Gives what was made under the temporary name its attributes and its name.
   *
   * @param made empty for a symbolic link
   */
  private void place(Fd directory, byte[] name, TarMember member, Optional<Fd> made)
      throws IOException {
    try {
      if (made.isPresent()) {
        own(made.get(), member);
        FileAttributes.setMode(made.get(), mode(member));
        byte[] capability = member.attributes().get(CAPABILITY);
        if (policy.owners() && capability != null) {
          ExtendedAttributes.set(made.get(), CAPABILITY, capability);
        }
      } else {
        FileAttributes.setOwner(directory, temporary, uid(member), gid(member));
      }
      FileAttributes.setTimes(directory, temporary, member.modified(), member.modified());
    } catch (IOException e) {
      removeTemporary(directory, e);
      throw e;
    }
    rename(directory, name);
  }

  private void rename(Fd directory, byte[] name) throws IOException {
    try {
      var _ =
          create(
              () -> {
                DirectoryEntry.rename(directory, temporary, directory, name);
                return true;
              });
      // Two names of one file are left alone by rename(2).
      if (FileStatus.find(directory, temporary).isPresent()) {
        DirectoryEntry.unlink(directory, temporary);
      }
    } catch (ErrnoException e) {
      removeTemporary(directory, e);
      if (e.is(Errno.EISDIR) || e.is(Errno.ENOTEMPTY) || e.is(Errno.EEXIST)) {
        throw new IOException(
            "\""
                + new String(name, ISO_8859_1)
                + "\" is a directory at the destination and a file in the archive",
            e);
      }
      throw e;
    }
  }

  private void removeTemporary(Fd directory, Exception cause) {
    try {
      DirectoryEntry.unlink(directory, temporary);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        cause.addSuppressed(e);
      }
    }
  }

  private void own(Fd made, TarMember member) throws IOException {
    FileAttributes.setOwner(made, uid(member), gid(member));
  }

  /**
   * Creates a file or a name of one. A mount with mapped ids, as volumes of such a container are,
   * takes none from a user whom it does not map (EOVERFLOW), and root of the host is such a user.
   */
  private <T> T create(FileCreation.Creation<T> creation) throws IOException {
    if (owners.isSame()) {
      return creation.run();
    }
    try {
      return creation.run();
    } catch (ErrnoException e) {
      if (!e.is(Errno.EOVERFLOW)) {
        throw e;
      }
      return FileCreation.as((int) owners.hostUser(0), (int) owners.hostGroup(0), creation);
    }
  }

  private int uid(TarMember member) throws IOException {
    long id = policy.owners() ? id(member.uid(), member) : policy.uid();
    return (int) owners.hostUser(id);
  }

  private int gid(TarMember member) throws IOException {
    long id = policy.owners() ? id(member.gid(), member) : policy.gid();
    return (int) owners.hostGroup(id);
  }

  private static long id(long id, TarMember member) throws IOException {
    if (id < 0 || id > MAX_ID) {
      throw new IOException("\"" + member.name() + "\" has an owner that cannot be: " + id);
    }
    return id;
  }

  /** A file of another owner must not lend that owner's rights. */
  private int mode(TarMember member) {
    return policy.owners() || member.kind() == TarMember.Kind.DIRECTORY
        ? member.mode()
        : member.mode() & ~SET_ID;
  }
}
