package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.image.content.Digest;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Describes a directory tree with one line per name, so that two trees can be compared. */
final class TreeSnapshot {
  private final Map<String, String> lines = new TreeMap<>();
  private final Map<Long, String> firstNames = new HashMap<>();

  private TreeSnapshot() {}

  /** The lines by path, in the form of TarPath; the root is the empty path. */
  static Map<String, String> of(Path root) throws IOException {
    TreeSnapshot snapshot = new TreeSnapshot();
    try (Fd directory = HostFile.openDirectory(root)) {
      snapshot.lines.put("", line(directory, FileStatus.of(directory)));
      snapshot.walk(directory, "");
    }
    return snapshot.lines;
  }

  private void walk(Fd directory, String path) throws IOException {
    List<byte[]> names =
        DirectoryListing.names(directory).stream().sorted(Arrays::compare).toList();
    for (byte[] name : names) {
      FileStatus status = FileStatus.of(directory, name);
      String child = path.isEmpty() ? text(name) : path + "/" + text(name);
      StringBuilder line = new StringBuilder(line(status));
      if (status.links() > 1 && !status.isDirectory()) {
        String first = firstNames.putIfAbsent(status.inode(), child);
        if (first != null) {
          line.append(" same as ").append(first);
        }
      }
      for (String attribute : ExtendedAttributes.list(directory, name).stream().sorted().toList()) {
        byte[] value = ExtendedAttributes.get(directory, name, attribute).orElseThrow();
        line.append(' ').append(attribute).append('=').append(HexFormat.of().formatHex(value));
      }
      switch (status.type()) {
        case SYMLINK ->
            line.append(" -> ").append(text(DirectoryEntry.readSymlink(directory, name)));
        case REGULAR -> line.append(' ').append(content(directory, name));
        case DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> {}
      }
      lines.put(child, line.toString());
      if (status.type() == FileType.DIRECTORY) {
        try (Fd next = DirectoryEntry.openDirectory(directory, name)) {
          walk(next, child);
        }
      }
    }
  }

  private static String content(Fd directory, byte[] name) throws IOException {
    MessageDigest computation = Digest.Algorithm.SHA256.start();
    try (Fd file = Openat2.open(directory, name, OpenFlags.O_NOFOLLOW, 0)) {
      byte[] buffer = new byte[64 * 1024];
      int count;
      while ((count = file.read(buffer, 0, buffer.length)) > 0) {
        computation.update(buffer, 0, count);
      }
    }
    return Digest.of(Digest.Algorithm.SHA256, computation).hex().substring(0, 12);
  }

  private static String line(Fd directory, FileStatus status) throws IOException {
    return line(status) + ExtendedAttributes.list(directory).stream().sorted().toList();
  }

  private static String line(FileStatus status) {
    return "%s %04o %d:%d %s %d %d:%d"
        .formatted(
            status.type(),
            status.mode(),
            status.uid(),
            status.gid(),
            status.modified(),
            status.isDirectory() ? 0 : status.size(),
            status.deviceMajor(),
            status.deviceMinor());
  }

  private static String text(byte[] name) {
    return new String(name, ISO_8859_1);
  }
}
