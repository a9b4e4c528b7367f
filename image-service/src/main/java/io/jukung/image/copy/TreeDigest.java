package io.jukung.image.copy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The digest of what a copy would have: names, kinds, modes, owners, attributes and content. Times
 * are left out, since a checkout of the same sources has others. Not thread-safe.
 */
public final class TreeDigest {
  private static final int BUFFER_BYTES = 128 * 1024;
  private static final int MAX_DEPTH = 1_000;

  private final SourceTree tree;
  private final CopyRules rules;
  private final MessageDigest digest = Digest.Algorithm.SHA256.start();
  private final byte[] buffer = new byte[BUFFER_BYTES];

  private TreeDigest(SourceTree tree, CopyRules rules) {
    this.tree = tree;
    this.rules = rules;
  }

  /**
   * Computes the digest of several sources.
   *
   * @param paths what {@link SourcePaths} has found
   */
  public static Digest of(SourceTree tree, List<String> paths, CopyRules rules) throws IOException {
    TreeDigest all = new TreeDigest(tree, rules);
    for (String path : paths) {
      all.source(path);
    }
    return Digest.of(Digest.Algorithm.SHA256, all.digest);
  }

  private void source(String path) throws IOException {
    try (Fd handle = Openat2.openPath(tree.root(), TarPath.bytes(path))) {
      FileStatus status = FileStatus.of(handle);
      text(TarPath.name(path));
      if (status.isDirectory()) {
        try (Fd directory = Openat2.openDirectory(handle, ".")) {
          directory(directory, "", 0);
        }
      } else {
        file(handle, status, path);
      }
    }
  }

  private void directory(Fd directory, String path, int depth) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("read " + tree.name());
    }
    if (depth > MAX_DEPTH) {
      throw CriException.invalidArgument(
          "%s: %s is too deep".formatted(tree.name(), TarPath.display(path)));
    }
    entry(FileStatus.of(directory));
    attributes(directory);
    List<String> names = new ArrayList<>();
    DirectoryListing.names(directory).forEach(name -> names.add(new String(name, ISO_8859_1)));
    names.sort(null);
    for (String name : names) {
      String each = TarPath.join(path, name);
      boolean excluded = rules.excluded().excludes(each);
      FileStatus status = FileStatus.of(directory, TarPath.bytes(name));
      if (status.isDirectory()) {
        text(excluded ? "?" + name : name); // something in it may be taken in again
        try (Fd child = DirectoryEntry.openDirectory(directory, TarPath.bytes(name))) {
          directory(child, each, depth + 1);
        }
      } else if (!excluded) {
        text(name);
        try (Fd handle = DirectoryEntry.openPath(directory, TarPath.bytes(name))) {
          leaf(directory, name, handle, status, each);
        }
      }
    }
    text("/"); // no name: the directory ends here
  }

  private void leaf(Fd directory, String name, Fd handle, FileStatus status, String path)
      throws IOException {
    if (status.type() == FileType.SYMLINK) {
      entry(status);
      text(new String(DirectoryEntry.readSymlink(directory, TarPath.bytes(name)), ISO_8859_1));
    } else {
      file(handle, status, path);
    }
  }

  private void file(Fd handle, FileStatus status, String path) throws IOException {
    entry(status);
    if (status.type() != FileType.REGULAR) {
      number(status.deviceMajor());
      number(status.deviceMinor());
      return;
    }
    try (Fd file = Openat2.reopenForReading(handle)) {
      attributes(file);
      number(status.size());
      try (FileInputStream in = new FileInputStream(file.procPath())) {
        int count;
        while ((count = in.read(buffer)) > 0) {
          digest.update(buffer, 0, count);
        }
      }
    } catch (IOException e) {
      throw new IOException(
          "read /%s of %s: %s".formatted(TarPath.display(path), tree.name(), e.getMessage()), e);
    }
  }

  private void entry(FileStatus status) {
    CopyRules.Owner owner = rules.ownerOf(status, tree);
    number(status.type().bits());
    number(status.type() == FileType.SYMLINK ? 0 : rules.modeOf(status));
    number(owner.uid());
    number(owner.gid());
  }

  private void attributes(Fd file) throws IOException {
    for (Map.Entry<String, byte[]> each : FileAttributeCopy.of(file).entrySet()) {
      text(each.getKey());
      number(each.getValue().length);
      digest.update(each.getValue());
    }
  }

  /** Each text has its length before it, so that no two trees have the same bytes. */
  private void text(String text) {
    number(text.length());
    digest.update(text.getBytes(ISO_8859_1));
  }

  private void number(long number) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }
}
