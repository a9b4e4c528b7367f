package io.jukung.image.copy;

import io.jukung.cri.CriException;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what the sources of COPY and ADD name in a tree. Symbolic links are followed as if the tree
 * were the whole file system, so that none leads out of it. Not thread-safe.
 */
public final class SourcePaths {
  /** Far above what a Dockerfile names. */
  private static final int MAX_FOUND = 100_000;

  private final SourceTree tree;

  public SourcePaths(SourceTree tree) {
    this.tree = tree;
  }

  /**
   * Finds a source.
   *
   * @param text the path or pattern, relative to the tree's root whether it begins with a slash or
   *     not
   * @return the paths in the tree, in the form of {@link TarPath} and in the order of their bytes;
   *     the empty path is the tree itself
   * @throws CriException INVALID_ARGUMENT for a path that leads out of the tree, NOT_FOUND if there
   *     is nothing
   */
  public List<String> find(String text) throws IOException {
    List<String> existing = matching(text);
    if (existing.isEmpty()) {
      throw missing(text);
    }
    return existing;
  }

  /** As {@link #find}, but a pattern that matches nothing is no error, as docker has it. */
  public List<String> findOptional(String text) throws IOException {
    return names(text).stream().anyMatch(GlobPattern::isPattern) ? matching(text) : find(text);
  }

  /** The error for a source that is not there. */
  public CriException missing(String text) {
    return CriException.notFound(
        "\"/%s\": not found in %s".formatted(String.join("/", names(text)), tree.name()));
  }

  private List<String> matching(String text) throws IOException {
    List<String> found = List.of("");
    for (String name : names(text)) {
      found = GlobPattern.isPattern(name) ? matching(found, name) : below(found, name);
      if (found.size() > MAX_FOUND) {
        throw CriException.invalidArgument(
            "\"%s\" names more than %d files".formatted(text, MAX_FOUND));
      }
    }
    List<String> existing = new ArrayList<>();
    for (String path : found) {
      if (exists(path)) {
        existing.add(path);
      }
    }
    return existing;
  }

  /** The names of the path; {@code ..} is taken as text, before any link is followed. */
  private List<String> names(String text) {
    List<String> names = new ArrayList<>();
    for (String name : TarPath.components(TarPath.ofText(text))) {
      if (!name.equals("..")) {
        names.add(name);
      } else if (names.isEmpty()) {
        throw CriException.invalidArgument(
            "the path \"%s\" leads out of %s".formatted(text, tree.name()));
      } else {
        names.removeLast();
      }
    }
    return names;
  }

  private static List<String> below(List<String> directories, String name) {
    return directories.stream().map(each -> TarPath.join(each, name)).toList();
  }

  private List<String> matching(List<String> directories, String pattern) throws IOException {
    GlobPattern glob = GlobPattern.of(pattern);
    List<String> found = new ArrayList<>();
    for (String directory : directories) {
      try (Fd opened = Openat2.openDirectory(tree.root(), TarPath.bytes(directory))) {
        DirectoryListing.names(opened).stream()
            .map(SourcePaths::text)
            .filter(glob::matches)
            .sorted()
            .forEach(name -> found.add(TarPath.join(directory, name)));
      } catch (ErrnoException e) {
        if (!isMissing(e)) {
          throw e;
        }
      }
    }
    return found;
  }

  private static String text(byte[] name) {
    return new String(name, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private boolean exists(String path) throws ErrnoException {
    try (Fd _ = Openat2.openPath(tree.root(), TarPath.bytes(path))) {
      return true;
    } catch (ErrnoException e) {
      if (isMissing(e)) {
        return false;
      }
      throw e;
    }
  }

  private static boolean isMissing(ErrnoException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP);
  }
}
