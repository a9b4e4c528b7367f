package io.jukung.linux.cgroup;

import io.jukung.linux.mount.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The mount point of the cgroup v2 hierarchy and its controllers. On a host with v2 alone it is
 * {@code /sys/fs/cgroup}; on a hybrid host it is another directory, and v1 hierarchies may have
 * taken the controllers.
 *
 * @param directory the mount point
 * @param controllers the controllers of the hierarchy's root, as in cgroup.controllers
 */
public record CgroupMount(Path directory, Set<String> controllers) {
  /** The controllers that are enabled for containers if the hierarchy has them. */
  static final Set<String> USED = Set.of("cpu", "cpuset", "memory", "pids", "io", "hugetlb");

  public CgroupMount {
    controllers = Set.copyOf(controllers);
  }

  /** Finds the hierarchy in the mounts of this process. */
  public static CgroupMount find() throws IOException {
    Path directory =
        MountTable.read()
            .cgroup2()
            .orElseThrow(
                () ->
                    new IOException(
                        "no cgroup v2 hierarchy is mounted: mount -t cgroup2 none DIR"));
    return new CgroupMount(directory, words(directory.resolve("cgroup.controllers")));
  }

  /**
   * Returns the cgroup at a path of the hierarchy, which need not exist.
   *
   * @param path absolute, {@code /} being the mount point; {@code ..} is refused
   */
  public Cgroup at(String path) {
    Path absolute = Path.of(path);
    if (!absolute.isAbsolute()) {
      throw new IllegalArgumentException("cgroup path " + path + " is not absolute");
    }
    Path found = directory;
    for (Path name : absolute) {
      if (name.toString().equals("..") || name.toString().equals(".")) {
        throw new IllegalArgumentException("cgroup path " + path + " has " + name);
      }
      found = found.resolve(name);
    }
    return new Cgroup(this, found);
  }

  static Set<String> words(Path file) throws IOException {
    String content = CgroupFile.read(file).strip();
    return content.isEmpty() ? Set.of() : new LinkedHashSet<>(List.of(content.split("\\s+")));
  }
}
