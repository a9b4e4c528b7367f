package io.jukung.linux.cgroup;

import static io.jukung.linux.Errno.EBUSY;
import static io.jukung.linux.Errno.EEXIST;
import static io.jukung.linux.Errno.ENODEV;
import static io.jukung.linux.Errno.ENOENT;
import static io.jukung.linux.Errno.EOPNOTSUPP;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryListing;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * One cgroup of the v2 hierarchy, which need not exist (cgroups(7), admin-guide/cgroup-v2 of the
 * kernel's documentation). Holds no descriptor. Thread-safe.
 */
public final class Cgroup implements ControlFiles {
  private static final String SUBTREE_CONTROL = "cgroup.subtree_control";

  /**
   * How often removal is tried: a killed process leaves its cgroup when it is reaped, after about a
   * millisecond.
   */
  private static final Duration RETRY_INTERVAL = Duration.ofMillis(1);

  /**
   * The most cgroups below one that are walked, against a hostile container. No ordinary container
   * has as many.
   */
  private static final int MAX_DESCENDANTS = 10_000;

  /** The extended attribute that marks the directories which {@link #create} has made. */
  private static final String MARK = "trusted.jukung";

  /** The extended attribute that names who alone may use what is inside the cgroup. */
  private static final String OWNER = "trusted.jukung.owner";

  private static final int CREATE_ATTEMPTS = 10;

  private final CgroupMount mount;
  private final Path directory;

  Cgroup(CgroupMount mount, Path directory) {
    this.mount = mount;
    this.directory = directory;
  }

  /** Returns the directory of the cgroup, for CLONE_INTO_CGROUP. */
  public Path directory() {
    return directory;
  }

  /** Returns the path in the hierarchy, as /proc/PID/cgroup shows it. */
  public String path() {
    return "/" + mount.directory().relativize(directory);
  }

  /** Returns the cgroup of this name inside this one, which need not exist. */
  public Cgroup child(String name) {
    if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("cgroup name " + name);
    }
    return new Cgroup(mount, directory.resolve(name));
  }

  @Override
  public boolean exists() {
    return Files.isDirectory(directory);
  }

  /**
   * Creates this cgroup and the missing ones above it, and enables the controllers of the hierarchy
   * in each, as far as its parent has them. An existing cgroup is not an error.
   */
  public void create() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        createPath();
        return;
      } catch (ErrnoException e) {
        // Another thread's removeUnused may remove a parent between two steps.
        if (!e.is(ENOENT) || attempt == CREATE_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void createPath() throws IOException {
    Path parent = lowestWithUsedControllers();
    for (Path name : parent.relativize(directory)) {
      enableControllers(parent);
      parent = parent.resolve(name);
      if (CgroupFile.makeDirectory(parent)) {
        markNew(parent);
      }
    }
  }

  /** The lowest cgroup above this one below which controllers may have to be enabled. */
  private Path lowestWithUsedControllers() throws IOException {
    for (Path above = directory.getParent();
        above != null && above.startsWith(mount.directory());
        above = above.getParent()) {
      if (hasUsedControllers(above)) {
        return above;
      }
    }
    return mount.directory();
  }

  /**
   * Removes this cgroup and then its parents, upwards, as long as {@link #create} has made them and
   * they are empty. Cgroups that others have made, such as kubelet, stay.
   */
  public void removeUnused() throws IOException {
    for (Path next = directory;
        next != null && !next.equals(mount.directory());
        next = next.getParent()) {
      if (Files.exists(next) && !(isMarked(next) && CgroupFile.removeIfEmpty(next))) {
        return;
      }
    }
  }

  /**
   * Creates this cgroup inside an existing one that has processes. No controllers are enabled in
   * it: a cgroup with processes cannot have children with controllers (the "no internal processes"
   * rule).
   */
  public void createPlain() throws IOException {
    var _ = CgroupFile.makeDirectory(directory);
  }

  /** Whether {@link #create} has made this cgroup; false if it does not exist. */
  public boolean isMarked() throws IOException {
    return isMarked(directory);
  }

  /** Removes this cgroup, unless a process or a cgroup is inside. Kills nothing. */
  public void removeIfEmpty() throws IOException {
    var _ = CgroupFile.removeIfEmpty(directory);
  }

  /**
   * Names the owner of this cgroup, which exists, unless it has one. The name disappears with the
   * cgroup.
   *
   * @return the owner that the cgroup has now; empty if this kernel cannot mark cgroups
   */
  public Optional<String> claim(String owner) throws IOException {
    try (Fd opened = HostFile.openDirectory(directory)) {
      try {
        ExtendedAttributes.create(opened, OWNER, owner.getBytes(UTF_8));
        return Optional.of(owner);
      } catch (ErrnoException e) {
        if (e.is(EEXIST)) {
          return ExtendedAttributes.get(opened, OWNER).map(name -> new String(name, UTF_8));
        }
        if (e.is(EOPNOTSUPP)) {
          return Optional.empty();
        }
        throw e;
      }
    }
  }

  /** Names another owner of this cgroup, which exists. */
  public void changeOwner(String owner) throws IOException {
    try (Fd opened = HostFile.openDirectory(directory)) {
      ExtendedAttributes.set(opened, OWNER, owner.getBytes(UTF_8));
    }
  }

  /**
   * Removes this cgroup and the ones inside it, and waits until killed processes have left them.
   * Does nothing if the cgroup does not exist.
   *
   * @throws ErrnoException EBUSY if processes remain at the end of the wait
   */
  public void remove(Duration wait) throws IOException {
    if (!exists()) {
      return;
    }
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

  /**
   * Kills every process of this cgroup and of those inside it at once (cgroup.kill). Does nothing
   * if the cgroup does not exist.
   */
  public void kill() throws IOException {
    // A cgroup that has been removed has no process.
    CgroupFile.writeIfExists(directory.resolve("cgroup.kill"), "1");
  }

  /**
   * Freezes or thaws every process in the cgroup (cgroup.freeze). The kernel freezes
   * asynchronously.
   */
  public void setFrozen(boolean frozen) throws IOException {
    CgroupFile.write(directory.resolve("cgroup.freeze"), frozen ? "1" : "0");
  }

  /** Whether this cgroup or one inside it has a process; false if the cgroup does not exist. */
  public boolean isPopulated() throws IOException {
    return counters("cgroup.events").getOrDefault("populated", 0L) == 1;
  }

  /** Returns the processes of this cgroup itself, as the caller's pid namespace sees them. */
  public List<Integer> processes() throws IOException {
    List<Integer> pids = new ArrayList<>();
    for (String line : CgroupFile.read(directory.resolve("cgroup.procs")).lines().toList()) {
      pids.add(Integer.parseInt(line));
    }
    return pids;
  }

  /** Returns the processes of this cgroup and of those inside it. */
  public List<Integer> allProcesses() throws IOException {
    List<Integer> pids = new ArrayList<>();
    for (Path each : deepestFirst()) {
      try {
        pids.addAll(new Cgroup(mount, each).processes());
      } catch (ErrnoException e) {
        // The cgroup has been removed meanwhile, or is threaded: then a cgroup above it lists the
        // processes.
        if (!e.is(ENOENT) && !e.is(ENODEV) && !e.is(EOPNOTSUPP)) {
          throw e;
        }
      }
    }
    return pids;
  }

  /** Moves a process into this cgroup. */
  public void attach(int pid) throws IOException {
    CgroupFile.write(directory.resolve("cgroup.procs"), Integer.toString(pid));
  }

  /**
   * Returns how many of its processes the kernel has killed because memory ran out; 0 if unknown.
   */
  public long oomKills() throws IOException {
    return counters("memory.events").getOrDefault("oom_kill", 0L);
  }

  /** Whether this cgroup has the control file, which means that its controller is enabled here. */
  public boolean has(String file) {
    return Files.exists(directory.resolve(file));
  }

  /** Writes one control file. */
  public void write(String file, String value) throws IOException {
    // An empty write would not reach the kernel. A newline does, and means "as the parent" for
    // cpuset.cpus.
    CgroupFile.write(directory.resolve(file), value.isEmpty() ? "\n" : value);
  }

  /** Reads one control file, without the newline at its end. */
  public String read(String file) throws IOException {
    return CgroupFile.read(directory.resolve(file)).strip();
  }

  @Override
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

  @Override
  public List<String> files(String glob) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
      entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
    } catch (NoSuchFileException e) {
      return List.of();
    }
    return names;
  }

  /** Returns the names of the cgroups directly inside; empty if this cgroup does not exist. */
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

  /**
   * Whether the cgroup exists and has all controllers that may be enabled: then those above it have
   * enabled them, and need not be looked at.
   */
  private boolean hasUsedControllers(Path cgroup) throws IOException {
    if (!Files.isDirectory(cgroup)) {
      return false;
    }
    if (mount.controllers().stream().noneMatch(CgroupMount.USED::contains)) {
      return true;
    }
    try {
      Set<String> available = CgroupMount.words(cgroup.resolve("cgroup.controllers"));
      return mount.controllers().stream()
          .allMatch(each -> available.contains(each) || !CgroupMount.USED.contains(each));
    } catch (ErrnoException e) {
      if (e.is(ENOENT) || e.is(ENODEV)) {
        return false;
      }
      throw e;
    }
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
      // A parent that has processes cannot enable controllers for its children (EBUSY), and neither
      // can one whose controller has no resources (ENOSPC, ENODEV). A later attempt to set a limit
      // then reports that its control file is missing.
      if (e.is(ENOENT)) {
        throw e;
      }
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
      if (!e.is(EOPNOTSUPP)) { // a directory without the mark is never removed
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

  private static void removeDirectory(Path path) throws ErrnoException {
    if (!CgroupFile.removeIfEmpty(path)) {
      throw new ErrnoException("unlinkat", path + ", AT_REMOVEDIR", EBUSY);
    }
  }

  /** Returns the cgroups inside this one, at any depth; none if this cgroup does not exist. */
  List<Cgroup> descendants() throws IOException {
    List<Cgroup> found = new ArrayList<>();
    for (Path each : deepestFirst()) {
      if (!each.equals(directory)) {
        found.add(new Cgroup(mount, each));
      }
    }
    return found;
  }

  private Deque<Path> deepestFirst() throws IOException {
    Deque<Path> found = new ArrayDeque<>();
    Deque<Path> unvisited = new ArrayDeque<>(List.of(directory));
    while (!unvisited.isEmpty()) {
      Path next = unvisited.remove();
      found.push(next);
      if (found.size() > MAX_DESCENDANTS) {
        throw new IOException(this + " has more than " + MAX_DESCENDANTS + " cgroups inside");
      }
      unvisited.addAll(childDirectories(next));
    }
    return found;
  }

  private static List<Path> childDirectories(Path parent) throws IOException {
    List<Path> children = new ArrayList<>();
    try (Fd opened = HostFile.openDirectory(parent)) {
      for (byte[] name : DirectoryListing.directories(opened)) {
        children.add(parent.resolve(new String(name, UTF_8)));
      }
    } catch (ErrnoException e) {
      if (!e.is(ENOENT)) {
        throw e;
      }
      return List.of(); // the directory has been removed meanwhile
    }
    return children;
  }
}
