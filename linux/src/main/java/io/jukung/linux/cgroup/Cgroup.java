package io.jukung.linux.cgroup;

import static io.jukung.linux.Errno.EBUSY;
import static io.jukung.linux.Errno.EEXIST;
import static io.jukung.linux.Errno.ENODEV;
import static io.jukung.linux.Errno.ENOENT;
import static io.jukung.linux.Errno.EOPNOTSUPP;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * One cgroup of the v2 hierarchy, whether it exists or not (cgroups(7), admin-guide/cgroup-v2 of
 * the kernel). It holds no descriptor and can be used from any thread.
 */
public final class Cgroup {
  private static final String SUBTREE_CONTROL = "cgroup.subtree_control";

  /** A killed process leaves its cgroup when it is reaped; that takes a millisecond or so. */
  private static final Duration RETRY_INTERVAL = Duration.ofMillis(1);

  /** No container of ours nests deeper by itself; a hostile one is cut off here. */
  private static final int MAX_DESCENDANTS = 10_000;

  /** Marks the directories that are ours to remove; kernfs keeps extended attributes. */
  private static final String MARK = "trusted.jukung";

  private static final int CREATE_ATTEMPTS = 10;

  private final CgroupMount mount;
  private final Path directory;

  Cgroup(CgroupMount mount, Path directory) {
    this.mount = mount;
    this.directory = directory;
  }

  /** Its directory, for CLONE_INTO_CGROUP. */
  public Path directory() {
    return directory;
  }

  /** Its path in the hierarchy, as in /proc/PID/cgroup. */
  public String path() {
    return "/" + mount.directory().relativize(directory);
  }

  /** A cgroup inside this one. */
  public Cgroup child(String name) {
    if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("cgroup name " + name);
    }
    return new Cgroup(mount, directory.resolve(name));
  }

  public boolean exists() {
    return Files.isDirectory(directory);
  }

  /**
   * Makes this cgroup and the missing ones above it, and hands the controllers of the hierarchy
   * down to it, as far as each level has them. A cgroup that exists is taken as it is.
   */
  public void create() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        createPath();
        return;
      } catch (ErrnoException e) {
        // Another thread's removeUnused may take a parent away between two steps.
        if (!e.is(ENOENT) || attempt == CREATE_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void createPath() throws IOException {
    Path parent = mount.directory();
    for (Path name : mount.directory().relativize(directory)) {
      enableControllers(parent);
      parent = parent.resolve(name);
      if (makeDirectory(parent)) {
        markNew(parent);
      }
    }
  }

  /**
   * Removes this cgroup and then its parents, upwards, as long as {@link #create} made them and
   * nothing is in them. What others made, kubelet say, stays.
   */
  public void removeUnused() throws IOException {
    for (Path next = directory;
        next != null && !next.equals(mount.directory());
        next = next.getParent()) {
      if (Files.exists(next) && !(isMarked(next) && removeIfEmpty(next))) {
        return;
      }
    }
  }

  /**
   * Makes this cgroup inside an existing one that has processes. Controllers stay with the parent:
   * no process could live there beside a child that had them ("no internal processes").
   */
  public void createPlain() throws IOException {
    makeDirectory(directory);
  }

  /**
   * Removes this cgroup and the ones inside it, waiting for killed processes to be gone. One that
   * does not exist is fine.
   *
   * @throws ErrnoException EBUSY where processes remain at the end of the wait
   */
  public void remove(Duration wait) throws IOException {
    long deadline = System.nanoTime() + wait.toNanos();
    while (true) {
      try {
        for (Path descendant : deepestFirst()) {
          removeDirectory(descendant);
        }
        return;
      } catch (ErrnoException e) {
        if (!e.is(EBUSY) || System.nanoTime() - deadline >= 0 || Thread.interrupted()) {
          throw e;
        }
        LockSupport.parkNanos(RETRY_INTERVAL.toNanos());
      }
    }
  }

  /** Kills every process of this cgroup and of those inside it, at once (cgroup.kill). */
  public void kill() throws IOException {
    try {
      CgroupFile.write(directory.resolve("cgroup.kill"), "1");
    } catch (ErrnoException e) {
      if (!e.is(ENOENT) && !e.is(ENODEV)) {
        throw e;
      }
      // The cgroup is gone, and with it every process it had.
    }
  }

  /** Stops or resumes every process in it (cgroup.freeze). The kernel freezes asynchronously. */
  public void setFrozen(boolean frozen) throws IOException {
    CgroupFile.write(directory.resolve("cgroup.freeze"), frozen ? "1" : "0");
  }

  /** Whether it or one inside it has a process; false where it does not exist. */
  public boolean isPopulated() throws IOException {
    return counters("cgroup.events").getOrDefault("populated", 0L) == 1;
  }

  /** The processes of this cgroup itself, as this process's pid namespace sees them. */
  public List<Integer> processes() throws IOException {
    List<Integer> pids = new ArrayList<>();
    for (String line : CgroupFile.read(directory.resolve("cgroup.procs")).lines().toList()) {
      pids.add(Integer.parseInt(line));
    }
    return pids;
  }

  /** The processes of this cgroup and of those inside it. */
  public List<Integer> allProcesses() throws IOException {
    List<Integer> pids = new ArrayList<>();
    for (Path each : deepestFirst()) {
      try {
        pids.addAll(new Cgroup(mount, each).processes());
      } catch (ErrnoException e) {
        // Removed meanwhile; or threaded, and then a cgroup above it names the processes.
        if (!e.is(ENOENT) && !e.is(ENODEV) && !e.is(EOPNOTSUPP)) {
          throw e;
        }
      }
    }
    return pids;
  }

  /** Moves a process into it. */
  public void attach(int pid) throws IOException {
    CgroupFile.write(directory.resolve("cgroup.procs"), Integer.toString(pid));
  }

  /** How often the kernel killed one of its processes for want of memory; 0 where unknown. */
  public long oomKills() throws IOException {
    return counters("memory.events").getOrDefault("oom_kill", 0L);
  }

  /** Whether this cgroup has the control file: its controller is enabled here. */
  public boolean has(String file) {
    return Files.exists(directory.resolve(file));
  }

  /** Writes one control file. */
  public void write(String file, String value) throws IOException {
    // The kernel never sees a write of nothing, which cpuset.cpus takes for "as the parent".
    CgroupFile.write(directory.resolve(file), value.isEmpty() ? "\n" : value);
  }

  /** Reads one control file, without the newline at its end. */
  public String read(String file) throws IOException {
    return CgroupFile.read(directory.resolve(file)).strip();
  }

  /**
   * Reads one control file, where it can be read: not where the cgroup is gone, where the file's
   * controller is not enabled here, or where the kernel does not count what it would show.
   */
  public Optional<String> find(String file) throws IOException {
    try {
      return Optional.of(read(file));
    } catch (ErrnoException e) {
      if (e.is(ENOENT) || e.is(ENODEV) || e.is(EOPNOTSUPP)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Reads a "flat keyed" file such as cpu.stat; what {@link #find} does not find is empty. */
  public Map<String, Long> counters(String file) throws IOException {
    Map<String, Long> counters = new HashMap<>();
    for (String line : find(file).orElse("").lines().toList()) {
      int space = line.indexOf(' ');
      counters.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
    }
    return counters;
  }

  /** Reads a file of one number; empty where {@link #find} is, and where there is no limit. */
  public OptionalLong number(String file) throws IOException {
    String value = find(file).orElse("max");
    return value.equals("max") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
  }

  /**
   * The names of its control files that match; empty where it does not exist.
   *
   * @param glob as {@code hugetlb.*.current}
   */
  public List<String> files(String glob) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
      entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
    } catch (NoSuchFileException e) {
      return List.of();
    }
    return names;
  }

  /** The cgroups directly inside, by name; empty where this one does not exist. */
  public List<String> children() throws IOException {
    List<String> names = new ArrayList<>();
    for (Path child : childDirectories(directory)) {
      names.add(String.valueOf(child.getFileName()));
    }
    return names;
  }

  @Override
  public String toString() {
    return "cgroup " + path();
  }

  private void enableControllers(Path parent) throws IOException {
    if (mount.controllers().isEmpty()) {
      return;
    }
    Set<String> available = CgroupMount.words(parent.resolve("cgroup.controllers"));
    Set<String> enabled = CgroupMount.words(parent.resolve(SUBTREE_CONTROL));
    for (String controller : available) {
      if (CgroupMount.USED.contains(controller) && !enabled.contains(controller)) {
        enable(parent, controller);
      }
    }
  }

  private static void enable(Path parent, String controller) throws ErrnoException {
    try {
      CgroupFile.write(parent.resolve(SUBTREE_CONTROL), "+" + controller);
    } catch (ErrnoException e) {
      // A parent with processes of its own cannot hand controllers down (EBUSY), a controller
      // without resources neither (ENOSPC, ENODEV). Whoever sets a limit finds its file missing.
      if (e.is(ENOENT)) {
        throw e;
      }
    }
  }

  /** Whether it was not there before. */
  private static boolean makeDirectory(Path path) throws ErrnoException {
    try {
      CgroupFile.makeDirectory(path);
      return true;
    } catch (ErrnoException e) {
      if (!e.is(EEXIST)) {
        throw e;
      }
      return false;
    }
  }

  private static void markNew(Path path) throws ErrnoException {
    try {
      mark(path);
    } catch (ErrnoException e) {
      try {
        removeDirectory(path);
      } catch (ErrnoException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static void mark(Path path) throws ErrnoException {
    try (Fd directory = HostFile.openDirectory(path)) {
      ExtendedAttributes.set(directory, MARK, new byte[] {'1'});
    } catch (ErrnoException e) {
      if (!e.is(EOPNOTSUPP)) { // without the mark it stays, empty
        throw e;
      }
    }
  }

  private static boolean isMarked(Path path) throws ErrnoException {
    try (Fd directory = HostFile.openDirectory(path)) {
      return ExtendedAttributes.get(directory, MARK).isPresent();
    } catch (ErrnoException e) {
      if (e.is(ENOENT) || e.is(EOPNOTSUPP)) {
        return false;
      }
      throw e;
    }
  }

  private static boolean removeIfEmpty(Path path) throws ErrnoException {
    try {
      removeDirectory(path);
      return true;
    } catch (ErrnoException e) {
      if (e.is(EBUSY)) {
        return false; // processes or cgroups inside
      }
      throw e;
    }
  }

  private static void removeDirectory(Path path) throws ErrnoException {
    try {
      CgroupFile.removeDirectory(path);
    } catch (ErrnoException e) {
      if (!e.is(ENOENT)) {
        throw e;
      }
    }
  }

  private Deque<Path> deepestFirst() throws IOException {
    Deque<Path> found = new ArrayDeque<>();
    Deque<Path> unvisited = new ArrayDeque<>(List.of(directory));
    while (!unvisited.isEmpty()) {
      Path next = unvisited.remove();
      found.push(next);
      if (found.size() > MAX_DESCENDANTS) {
        throw new IOException("removal of " + this + ": more than " + MAX_DESCENDANTS + " inside");
      }
      unvisited.addAll(childDirectories(next));
    }
    return found;
  }

  private static List<Path> childDirectories(Path parent) throws IOException {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, Files::isDirectory)) {
      entries.forEach(children::add);
    } catch (NoSuchFileException e) {
      return List.of(); // removed meanwhile
    }
    return children;
  }
}
