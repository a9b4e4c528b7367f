package io.jukung.linux.probe;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.mount.OverlayMount;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tests whether pods can have user namespaces on this node, by trying all that this requires: a
 * namespace, id-mapped mounts of the file system with the layers, and an overlay of a mapped layer.
 */
public final class UserNamespaceSupport {
  /** Any ids suffice, because the mounts are never attached. */
  private static final IdMappings IDS =
      new IdMappings(new IdMappings.Range(65536, 65536), new IdMappings.Range(65536, 65536));

  private static final String PREFIX = "user-namespace-probe-";

  private UserNamespaceSupport() {}

  /**
   * Returns why user namespaces cannot be used, in one sentence; empty if they can.
   *
   * @param layers an existing directory on the file system of the layers, for temporary files
   * @param state an existing directory for the namespace's pin
   */
  public static Optional<String> missing(Path layers, Path state) {
    try {
      tryOut(layers, state);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("user namespaces cannot be used on this host: " + e.getMessage());
    }
  }

  private static void tryOut(Path layers, Path state) throws IOException {
    clear(layers);
    clear(state);
    Path work = Files.createTempDirectory(layers, PREFIX + ProcessHandle.current().pid() + "-");
    Path pin = Files.createTempDirectory(state, PREFIX + ProcessHandle.current().pid() + "-");
    NamespacePins pins = new NamespacePins(pin);
    try {
      pins.create(
          new NamespacePins.Request(Set.of(), Optional.empty(), List.of(), Optional.of(IDS)));
      Path lower = Files.createDirectory(work.resolve("lower"));
      Files.createFile(lower.resolve("file"));
      Path upper = Files.createDirectory(work.resolve("upper"));
      Path overlayWork = Files.createDirectory(work.resolve("work"));
      try (Fd user = pins.open(Namespace.USER);
          Fd root = OverlayMount.detachedIn(user, List.of(lower), upper, overlayWork)) {
        Object owner = Files.getAttribute(Path.of(root.procPath(), "file"), "unix:uid");
        if (!owner.equals(IDS.rootUser())) {
          throw new IOException("overlayfs ignores the id mapping of its layers");
        }
        tryVolume(user, lower);
      }
    } finally {
      pins.remove();
      Files.delete(pin);
      remove(work);
    }
  }

  /** Removes what processes that were killed during their attempt have left. */
  private static void clear(Path directory) throws IOException {
    List<Path> left;
    try (var files = Files.list(directory)) {
      left = files.filter(UserNamespaceSupport::isLeft).toList();
    }
    for (Path each : left) {
      new NamespacePins(each).remove();
      remove(each);
    }
  }

  /** Whether the directory was made by a process that is no more; the name has its pid. */
  private static boolean isLeft(Path directory) {
    String name = String.valueOf(directory.getFileName());
    if (!name.startsWith(PREFIX)) {
      return false;
    }
    String pid = name.substring(PREFIX.length()).split("-", 2)[0];
    return !Files.exists(Path.of("/proc", pid));
  }

  private static void tryVolume(Fd user, Path directory) throws IOException {
    try (Fd volume = Mounts.cloneRecursive(directory)) {
      Mounts.mapIds(volume, user);
    }
  }

  private static void remove(Path tree) throws IOException {
    List<Path> all;
    try (var walk = Files.walk(tree)) {
      all = walk.toList();
    }
    for (Path each : all.reversed()) {
      Files.delete(each);
    }
  }
}
