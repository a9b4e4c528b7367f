package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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
 * Layers below another one, looked at as overlayfs merges them: the topmost name wins, directories
 * merge, whiteouts and opaque directories hide. Links are not followed. Paths are bytes, one char
 * each.
 */
final class LowerView {
  private final List<Fd> roots;

  /**
   * @param roots topmost first; the caller's, and open for as long as this is used
   */
  LowerView(List<Fd> roots) {
    this.roots = roots;
  }

  /** Whether anything is to be seen at the path. */
  boolean exists(String path) throws ErrnoException {
    int slash = path.lastIndexOf('/');
    List<Fd> parents = directories(slash < 0 ? "" : path.substring(0, slash));
    try {
      byte[] name = path.substring(slash + 1).getBytes(ISO_8859_1);
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

  /** The attributes of the directory to be seen at the path; empty where there is none. */
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

  /** The directories that merge at the path, topmost first; the caller closes them. */
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
        descend(merged, component.getBytes(ISO_8859_1), next);
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
