package io.jukung.image.layer;

import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The layers below another layer, merged as overlayfs merges them: the topmost name is used,
 * directories are merged, and whiteouts and opaque directories hide names below them. Links are not
 * followed. Paths have the form of {@link TarPath}.
 *
 * <p>The layers are looked at from the top, and only as far down as the answer needs: an image can
 * have hundreds of layers, and opening one can mean to mount it.
 */
final class LowerView {
  private final List<? extends LowerTree> trees;

  /**
   * @param trees topmost first
   */
  LowerView(List<? extends LowerTree> trees) {
    this.trees = trees;
  }

  /** Whether the merged layers have a file or directory at the path. */
  boolean exists(String path) throws IOException, InterruptedException {
    return find(path, (parent, name) -> !FileStatus.of(parent, name).isWhiteout()).orElse(false);
  }

  /** The attributes of the directory at the path, or empty if there is no directory. */
  Optional<EntryAttributes> directory(String path) throws IOException, InterruptedException {
    if (path.isEmpty()) {
      if (trees.isEmpty()) {
        return Optional.empty();
      }
      try (Fd root = trees.getFirst().open()) {
        return Optional.of(attributes(root));
      }
    }
    return find(path, LowerView::directory).flatMap(found -> found);
  }

  private static Optional<EntryAttributes> directory(Fd parent, byte[] name) throws ErrnoException {
    if (!FileStatus.of(parent, name).isDirectory()) {
      return Optional.empty();
    }
    try (Fd directory = DirectoryEntry.openDirectory(parent, name)) {
      return Optional.of(attributes(directory));
    }
  }

  private static EntryAttributes attributes(Fd directory) throws ErrnoException {
    Map<String, byte[]> extended = new TreeMap<>();
    for (String attribute : ExtendedAttributes.list(directory)) {
      if (ImageAttributes.isKept(attribute)) {
        value(directory, attribute).ifPresent(value -> extended.put(attribute, value));
      }
    }
    FileStatus status = FileStatus.of(directory);
    return new EntryAttributes(
        status.mode(), status.uid(), status.gid(), status.modified(), extended);
  }

  /** The attribute's value; empty if the kernel cannot use it: older releases have stored such. */
  private static Optional<byte[]> value(Fd directory, String attribute) throws ErrnoException {
    try {
      return ExtendedAttributes.get(directory, attribute);
    } catch (ErrnoException e) {
      if (e.is(Errno.EINVAL) || e.is(Errno.EOPNOTSUPP)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Looks at a name that exists. */
  @FunctionalInterface
  private interface Look<T> {
    T at(Fd parent, byte[] name) throws ErrnoException;
  }

  /** The view of one layer on the path. */
  private sealed interface Step<T> {
    record Found<T>(T value) implements Step<T> {}

    /** The layer does not have the path; those below it may. */
    record Missing<T>() implements Step<T> {}

    /** The layer does not have the path, and hides it in the layers below. */
    record Hidden<T>() implements Step<T> {}
  }

  private <T> Optional<T> find(String path, Look<T> look) throws IOException, InterruptedException {
    for (LowerTree tree : trees) {
      try (Fd root = tree.open()) {
        switch (find(root, path, look)) {
          case Step.Found<T> found -> {
            return Optional.of(found.value);
          }
          case Step.Hidden<T> _ -> {
            return Optional.empty();
          }
          case Step.Missing<T> _ -> {} // the next layer is looked at
        }
      }
    }
    return Optional.empty();
  }

  private static <T> Step<T> find(Fd root, String path, Look<T> look) throws ErrnoException {
    boolean hides = isOpaque(root);
    Fd at = root.duplicate();
    try {
      List<String> names = TarPath.components(path);
      for (int i = 0; i < names.size(); i++) {
        byte[] name = TarPath.bytes(names.get(i));
        Optional<FileStatus> status = FileStatus.find(at, name);
        if (status.isEmpty()) {
          return hides ? new Step.Hidden<>() : new Step.Missing<>();
        }
        if (i == names.size() - 1) {
          return new Step.Found<>(look.at(at, name));
        }
        if (!status.get().isDirectory()) {
          return new Step.Hidden<>();
        }
        Fd next = DirectoryEntry.openDirectory(at, name);
        at.close();
        at = next;
        hides |= isOpaque(at);
      }
      throw new IllegalArgumentException("path without a name: " + path);
    } finally {
      at.close();
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
}
