package io.jukung.image.layer;

import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The layers below another layer, merged as overlayfs merges them: the topmost name is used,
 * directories are merged, and whiteouts and opaque directories hide names below them. Links are not
 * followed. Paths have the form of {@link TarPath}.
 */
final class LowerView {
  private final List<Fd> roots;

  /**
   * @param roots topmost first; the caller closes them after the last use of this object
   */
  LowerView(List<Fd> roots) {
    this.roots = roots;
  }

  /** Whether the merged layers have a file or directory at the path. */
  boolean exists(String path) throws ErrnoException {
    List<Fd> parents = directories(TarPath.parent(path));
    try {
      byte[] name = TarPath.bytes(TarPath.name(path));
      for (Fd parent : parents) {
        Optional<FileStatus> status = FileStatus.find(parent, name);
        if (status.isPresent()) {
          return !status.get().isWhiteout();
        }
      }
      return false;
    } finally {
      closeAll(parents);
    }
  }

  /** The attributes of the directory at the path, or empty if there is no directory. */
  Optional<EntryAttributes> directory(String path) throws ErrnoException {
    List<Fd> merged = directories(path);
    try {
      return merged.isEmpty() ? Optional.empty() : Optional.of(attributes(merged.getFirst()));
    } finally {
      closeAll(merged);
    }
  }

  private static EntryAttributes attributes(Fd directory) throws ErrnoException {
    Map<String, byte[]> extended = new TreeMap<>();
    for (String attribute : ExtendedAttributes.list(directory)) {
      if (LayerUnpacker.isImageAttribute(attribute)) {
        ExtendedAttributes.get(directory, attribute)
            .ifPresent(value -> extended.put(attribute, value));
      }
    }
    FileStatus status = FileStatus.of(directory);
    return new EntryAttributes(
        status.mode(), status.uid(), status.gid(), status.modified(), extended);
  }

  /** Opens the directories that are merged at the path, topmost first. The caller closes them. */
  private List<Fd> directories(String path) throws ErrnoException {
    List<Fd> merged = new ArrayList<>();
    for (Fd root : roots) {
      merged.add(root.duplicate());
    }
    if (path.isEmpty()) {
      return merged;
    }
    for (String component : path.split("/", -1)) {
      List<Fd> next = new ArrayList<>();
      try {
        descend(merged, TarPath.bytes(component), next);
      } catch (ErrnoException e) {
        closeAll(next);
        throw e;
      } finally {
        closeAll(merged);
      }
      merged = next;
    }
    return merged;
  }

  private static void descend(List<Fd> merged, byte[] name, List<Fd> next) throws ErrnoException {
    for (Fd directory : merged) {
      Optional<FileStatus> status = FileStatus.find(directory, name);
      if (status.isEmpty()) {
        continue;
      }
      if (!status.get().isDirectory()) {
        return;
      }
      Fd child = DirectoryEntry.openDirectory(directory, name);
      next.add(child);
      if (isOpaque(child)) {
        return;
      }
    }
  }

  private static boolean isOpaque(Fd directory) throws ErrnoException {
    try {
      return ExtendedAttributes.get(directory, TreeCursor.OPAQUE).isPresent();
    } catch (ErrnoException e) {
      if (e.is(Errno.EOPNOTSUPP)) {
        return false;
      }
      throw e;
    }
  }

  private static void closeAll(List<Fd> fds) {
    fds.forEach(Fd::close);
  }
}
