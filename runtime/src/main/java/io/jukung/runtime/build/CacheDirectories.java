package io.jukung.runtime.build;

import io.jukung.image.build.CommandRunner;
import io.jukung.image.content.Digest;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The directories of mounts of the type cache, and how many commands use each. A directory gets its
 * name when it has its owner and mode, and loses its name before it is removed. Thread-safe.
 */
final class CacheDirectories {
  private final Path root;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> users = new HashMap<>();

  /**
   * @param root where the directories are, each named by the digest of its id
   */
  CacheDirectories(Path root) {
    this.root = root;
  }

  /**
   * The directory of a mount, made if it is missing. It is not taken out until {@link #giveBack}.
   */
  Path use(CommandRunner.Mount.Cache mount) throws IOException {
    String name = name(mount.id());
    Path directory = root.resolve(name);
    lock.lock();
    try {
      if (Files.notExists(directory)) {
        make(directory, mount);
      }
      users.merge(name, 1, Integer::sum);
      return directory;
    } finally {
      lock.unlock();
    }
  }

  private void make(Path directory, CommandRunner.Mount.Cache mount) throws IOException {
    Path made = Files.createDirectory(aside("new-"));
    try (Fd opened = HostFile.openDirectory(made)) {
      FileAttributes.setOwner(opened, mount.uid(), mount.gid());
      FileAttributes.setMode(opened, mount.mode());
    }
    Files.move(made, directory);
  }

  /**
   * Ends a use.
   *
   * @param id that of the mount, as the Dockerfile has it
   */
  void giveBack(String id) {
    lock.lock();
    try {
      users.computeIfPresent(name(id), (_, count) -> count == 1 ? null : count - 1);
    } finally {
      lock.unlock();
    }
  }

  /** Takes the names from all directories that no command uses, for the caller to remove. */
  List<Path> takeOut() throws IOException {
    List<Path> taken = new ArrayList<>();
    lock.lock();
    try {
      for (Path each : list()) {
        if (isNamed(each) && !users.containsKey(each.getFileName().toString())) {
          taken.add(Files.move(each, aside("removed-")));
        }
      }
    } finally {
      lock.unlock();
    }
    return taken;
  }

  /** What is unfinished or half removed, if no other thread uses this object yet. */
  List<Path> unnamed() throws IOException {
    return list().stream().filter(each -> !isNamed(each)).toList();
  }

  private List<Path> list() throws IOException {
    try (Stream<Path> all = Files.list(root)) {
      return all.toList();
    }
  }

  private Path aside(String prefix) {
    return root.resolve(prefix + UUID.randomUUID());
  }

  private static boolean isNamed(Path path) {
    return path.getFileName().toString().matches("[0-9a-f]{64}");
  }

  /** An id may be any text. */
  private static String name(String id) {
    return Digest.sha256(id.getBytes(StandardCharsets.UTF_8)).hex();
  }
}
