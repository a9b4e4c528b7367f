package io.jukung.image.copy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jukung.cri.CriException;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Copies files into the root of an image. A source that is a directory gives its content, and not
 * itself; a file goes to the destination, or below it if that is a directory. Directories are
 * merged; those below the destination get the owner and mode of the source. Of the source, a link
 * that is named is followed inside its tree, and a link below a directory is copied. Below the
 * destination no link is followed. Hard links become files of their own. Not thread-safe.
 */
public final class FileCopy {
  private static final int MAX_DEPTH = 1_000;
  private static final int PRIVATE_DIRECTORY = 0700;
  private static final int PRIVATE_FILE = 0600;

  private final SourceTree tree;
  private final CopyRules rules;
  private final Gate gate;

  /** Looks at each file and directory before it is copied. */
  interface Gate {
    Gate OPEN = (_, _) -> {};

    /**
     * Looks at a file that is about to be copied.
     *
     * @param path below the source
     * @throws CriException if the file must not be copied
     */
    void admit(String path, FileStatus status) throws IOException;
  }

  public FileCopy(SourceTree tree, CopyRules rules) {
    this(tree, rules, Gate.OPEN);
  }

  FileCopy(SourceTree tree, CopyRules rules, Gate gate) {
    this.tree = tree;
    this.rules = rules;
    this.gate = gate;
  }

  /** Copies everything in the root of the tree into a directory. */
  void copyAll(Fd target) throws IOException {
    children(tree.root(), target, "", 0);
  }

  /**
   * Copies sources.
   *
   * @param paths what {@link SourcePaths} has found for all sources of the instruction
   * @param root the root of the image
   * @throws CriException INVALID_ARGUMENT for several files and a destination that is no directory
   */
  public void copy(List<String> paths, Fd root, CopyDestination destination) throws IOException {
    if (paths.size() > 1 && !destination.mustBeDirectory() && !destination.isDirectory(root)) {
      throw CriException.invalidArgument(
          "when more than one file is copied, the destination must be a directory and end with a"
              + " /, and it is "
              + destination.path());
    }
    for (String path : paths) {
      try (Fd handle = Openat2.openPath(tree.root(), TarPath.bytes(path))) {
        FileStatus status = FileStatus.of(handle);
        if (status.isDirectory()) {
          try (Fd from = Openat2.openDirectory(handle, ".");
              Fd to = destination.openDirectory(root, rules.ownerOfParents())) {
            children(from, to, "", 0);
          }
        } else {
          single(handle, status, path, root, destination);
        }
      }
    }
  }

  private void single(
      Fd handle, FileStatus status, String path, Fd root, CopyDestination destination)
      throws IOException {
    boolean into = destination.mustBeDirectory() || destination.isDirectory(root);
    try (Fd directory = destination.openParent(root, into, rules.ownerOfParents())) {
      String name = into ? TarPath.name(path) : destination.name();
      replace(directory, name);
      file(handle, directory, TarPath.bytes(name), status);
    }
  }

  private void children(Fd from, Fd to, String path, int depth) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("copy from " + tree.name());
    }
    if (depth > MAX_DEPTH) {
      throw CriException.invalidArgument(
          "%s: %s is too deep".formatted(tree.name(), TarPath.display(path)));
    }
    List<String> names = new ArrayList<>();
    DirectoryListing.names(from).forEach(name -> names.add(new String(name, ISO_8859_1)));
    names.sort(null);
    for (String name : names) {
      try {
        child(from, to, name, TarPath.join(path, name), depth);
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) || FileStatus.find(from, TarPath.bytes(name)).isPresent()) {
          throw e;
        }
        // It was removed since the directory was listed.
      }
    }
  }

  private void child(Fd from, Fd to, String name, String path, int depth) throws IOException {
    FileStatus status = FileStatus.of(from, TarPath.bytes(name));
    if (status.isDirectory()) {
      directory(from, to, name, path, depth, status);
    } else if (!rules.excluded().excludes(path) && status.type() != FileType.SOCKET) {
      gate.admit(path, status);
      replace(to, name);
      leaf(from, to, TarPath.bytes(name), status);
    }
  }

  private void directory(Fd from, Fd to, String name, String path, int depth, FileStatus status)
      throws IOException {
    byte[] bytes = TarPath.bytes(name);
    try (Fd source = DirectoryEntry.openDirectory(from, bytes)) {
      boolean excluded = rules.excluded().excludes(path);
      if (excluded && !hasWanted(source, path, depth)) {
        return;
      }
      gate.admit(path, status);
      boolean made = DirectoryEntry.makeDirectoryIfAbsent(to, bytes, PRIVATE_DIRECTORY);
      if (!made && !FileStatus.of(to, bytes).isDirectory()) {
        throw CriException.failedPrecondition(
            "/%s is a directory in %s and a file at the destination"
                .formatted(TarPath.display(path), tree.name()));
      }
      try (Fd target = DirectoryEntry.openDirectory(to, bytes)) {
        children(source, target, path, depth + 1);
        if (made || !excluded) {
          finish(source, target, FileStatus.of(source));
        }
      }
    }
  }

  /** Whether a pattern with an exclamation mark takes something in an excluded directory in. */
  private boolean hasWanted(Fd directory, String path, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      return false;
    }
    for (byte[] name : DirectoryListing.names(directory)) {
      String each = TarPath.join(path, new String(name, ISO_8859_1));
      if (!rules.excluded().excludes(each)) {
        return true;
      }
      if (FileStatus.of(directory, name).isDirectory()) {
        try (Fd child = DirectoryEntry.openDirectory(directory, name)) {
          if (hasWanted(child, each, depth + 1)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Makes room for a file. A directory is never replaced by one. */
  private static void replace(Fd directory, String name) throws IOException {
    byte[] bytes = TarPath.bytes(name);
    Optional<FileStatus> there = FileStatus.find(directory, bytes);
    if (there.isEmpty()) {
      return;
    }
    if (there.get().isDirectory()) {
      throw CriException.failedPrecondition(
          "%s is a file and a directory at the destination".formatted(TarPath.display(name)));
    }
    DirectoryEntry.unlink(directory, bytes);
  }

  private void leaf(Fd from, Fd to, byte[] name, FileStatus status) throws IOException {
    if (status.type() == FileType.SYMLINK) {
      DirectoryEntry.makeSymlink(to, name, DirectoryEntry.readSymlink(from, name));
      CopyRules.Owner owner = rules.ownerOf(status, tree);
      FileAttributes.setOwner(to, name, owner.uid(), owner.gid());
      FileAttributes.setTimes(to, name, status.modified(), status.modified());
      return;
    }
    try (Fd handle = DirectoryEntry.openPath(from, name)) {
      file(handle, to, name, status);
    }
  }

  /** Copies a file, a device or a FIFO. */
  private void file(Fd handle, Fd to, byte[] name, FileStatus status) throws IOException {
    if (status.type() == FileType.REGULAR) {
      try (Fd source = Openat2.reopenForReading(handle);
          Fd target = DirectoryEntry.createFile(to, name, PRIVATE_FILE)) {
        try (FileInputStream in = new FileInputStream(source.procPath());
            FileOutputStream out = new FileOutputStream(target.procPath())) {
          in.transferTo(out);
        }
        finish(source, target, status);
      }
      return;
    }
    DirectoryEntry.makeNode(
        to,
        name,
        status.type(),
        PRIVATE_FILE,
        new DeviceNumber(status.deviceMajor(), status.deviceMinor()));
    try (Fd made = DirectoryEntry.openPath(to, name)) {
      CopyRules.Owner owner = rules.ownerOf(status, tree);
      FileAttributes.setOwner(made, owner.uid(), owner.gid());
      FileAttributes.setMode(made, rules.modeOf(status));
      FileAttributes.setTimes(made, status.modified(), status.modified());
    }
  }

  private void finish(Fd from, Fd to, FileStatus status) throws IOException {
    CopyRules.Owner owner = rules.ownerOf(status, tree);
    FileAttributes.setOwner(to, owner.uid(), owner.gid());
    FileAttributeCopy.copy(from, to);
    // After the owner and the capabilities: a change of the owner clears set-id bits.
    FileAttributes.setMode(to, rules.modeOf(status));
    FileAttributes.setTimes(to, status.modified(), status.modified());
  }
}
