package io.jukung.linux.cgroup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where the cgroup v2 hierarchy is mounted, and what it controls: on a pure v2 host all of {@code
 * /sys/fs/cgroup}, on a hybrid host a directory whose controllers v1 hierarchies may hold.
 *
 * @param directory the mount point
 * @param controllers the controllers of the hierarchy's root, as in cgroup.controllers
 */
public record CgroupMount(Path directory, Set<String> controllers) {
  /** The controllers that containers are given, where the hierarchy has them. */
  static final Set<String> USED = Set.of("cpu", "cpuset", "memory", "pids", "io", "hugetlb");

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  public CgroupMount {
    controllers = Set.copyOf(controllers);
  }

  /** Looks it up in this process's mounts. */
  public static CgroupMount find() throws IOException {
    Path directory = findIn(Files.readAllLines(MOUNTINFO, StandardCharsets.ISO_8859_1));
    return new CgroupMount(directory, words(directory.resolve("cgroup.controllers")));
  }

  /**
   * The first mount of the whole hierarchy; a container's view of one cgroup is only second best.
   */
  static Path findIn(List<String> mountinfo) throws IOException {
    Path second = null;
    for (String line : mountinfo) {
      String[] fields = line.split(" ");
      int dash = List.of(fields).indexOf("-");
      if (dash < 6 || dash + 1 >= fields.length || !fields[dash + 1].equals("cgroup2")) {
        continue;
      }
      Path point = Path.of(unescape(fields[4]));
      if (fields[3].equals("/")) {
        return point;
      }
      second = second == null ? point : second;
    }
    if (second == null) {
      throw new IOException("no cgroup v2 hierarchy is mounted: mount -t cgroup2 none DIR");
    }
    return second;
  }

  /**
   * The cgroup at a path of the hierarchy. Nothing is made.
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

  // proc(5): space, tab, newline and backslash are octal escapes in mountinfo.
  private static String unescape(String field) {
    StringBuilder text = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && i + 3 < field.length()) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(field.charAt(i));
      }
    }
    return text.toString();
  }
}
