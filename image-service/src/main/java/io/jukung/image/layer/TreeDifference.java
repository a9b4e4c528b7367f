package io.jukung.image.layer;

import static io.jukung.linux.fs.OpenFlags.O_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.image.tar.TarPath;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.Openat2;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares the files of a layer with a fresh unpacking of its blob: names, types, owners, modes,
 * sizes, times, links, devices, attributes and contents. Times of directories and whiteouts are not
 * compared, because those that the blob does not describe have the time at which they were made.
 */
public final class TreeDifference {
  /** Bounds the open descriptors and the stack. Published images have less than 50. */
  private static final int MAX_DEPTH = 500;

  private static final int BUFFER_BYTES = 256 * 1024;

  private TreeDifference() {}

  /** A description of the first difference, or empty if there is none. */
  public static Optional<String> find(Fd expected, Fd actual) throws IOException {
    FileStatus want = FileStatus.of(expected);
    FileStatus have = FileStatus.of(actual);
    if (want.mode() != have.mode() || want.uid() != have.uid() || want.gid() != have.gid()) {
      return Optional.of("its root has another owner or mode");
    }
    return find(expected, actual, "", 0);
  }

  private static Optional<String> find(Fd expected, Fd actual, String path, int depth)
      throws IOException {
    if (depth > MAX_DEPTH) {
      return Optional.of(path + " is deeper than " + MAX_DEPTH + " directories");
    }
    SortedSet<String> names = names(expected);
    SortedSet<String> found = names(actual);
    if (!names.equals(found)) {
      SortedSet<String> different = new TreeSet<>(names);
      different.removeAll(found);
      boolean missing = !different.isEmpty();
      if (!missing) {
        found.removeAll(names);
        different = found;
      }
      String name = TarPath.display(path + different.first());
      return Optional.of(name + (missing ? " is missing" : " does not belong there"));
    }
    for (String name : names) {
      Optional<String> difference = findEntry(expected, actual, name, path, depth);
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> findEntry(
      Fd expected, Fd actual, String name, String path, int depth) throws IOException {
    byte[] bytes = name.getBytes(ISO_8859_1);
    FileStatus want = FileStatus.of(expected, bytes);
    FileStatus have = FileStatus.of(actual, bytes);
    String shown = TarPath.display(path + name);
    boolean equal =
        want.type() == have.type()
            && want.mode() == have.mode()
            && want.uid() == have.uid()
            && want.gid() == have.gid()
            && want.deviceMajor() == have.deviceMajor()
            && want.deviceMinor() == have.deviceMinor()
            && (want.isDirectory()
                || want.isWhiteout()
                || (want.size() == have.size() && want.modified().equals(have.modified())));
    if (!equal) {
      return Optional.of(shown + " has another type, owner, mode, size or time");
    }
    if (!attributes(expected, bytes).equals(attributes(actual, bytes))) {
      return Optional.of(shown + " has other extended attributes");
    }
    return switch (want.type()) {
      case DIRECTORY -> {
        try (Fd one = DirectoryEntry.openDirectory(expected, bytes);
            Fd other = DirectoryEntry.openDirectory(actual, bytes)) {
          yield find(one, other, path + name + "/", depth + 1);
        }
      }
      case SYMLINK ->
          Arrays.equals(
                  DirectoryEntry.readSymlink(expected, bytes),
                  DirectoryEntry.readSymlink(actual, bytes))
              ? Optional.empty()
              : Optional.of(shown + " has another link target");
      case REGULAR ->
          hasSameContent(expected, actual, bytes)
              ? Optional.empty()
              : Optional.of(shown + " has another content");
      case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> Optional.empty();
    };
  }

  private static SortedSet<String> names(Fd directory) throws ErrnoException {
    SortedSet<String> names = new TreeSet<>();
    for (byte[] name : DirectoryListing.names(directory)) {
      names.add(new String(name, ISO_8859_1));
    }
    return names;
  }

  private static Map<String, List<Byte>> attributes(Fd directory, byte[] name)
      throws ErrnoException {
    Map<String, List<Byte>> attributes = new TreeMap<>();
    for (String attribute : ExtendedAttributes.list(directory, name)) {
      Optional<byte[]> value = ExtendedAttributes.get(directory, name, attribute);
      if (value.isPresent() && !attribute.equals("security.selinux")) { // set by the host
        List<Byte> bytes = new ArrayList<>();
        for (byte each : value.get()) {
          bytes.add(each);
        }
        attributes.put(attribute, bytes);
      }
    }
    return attributes;
  }

  private static boolean hasSameContent(Fd expected, Fd actual, byte[] name) throws IOException {
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    byte[] first = new byte[BUFFER_BYTES];
    byte[] second = new byte[BUFFER_BYTES];
    try (Fd one = Openat2.open(expected, name, flags, 0);
        Fd other = Openat2.open(actual, name, flags, 0);
        InputStream left = new FileInputStream(one.procPath());
        InputStream right = new FileInputStream(other.procPath())) {
      while (true) {
        int count = left.readNBytes(first, 0, first.length);
        if (right.readNBytes(second, 0, second.length) != count
            || !Arrays.equals(first, 0, count, second, 0, count)) {
          return false;
        }
        if (count < first.length) {
          return true;
        }
      }
    }
  }
}
