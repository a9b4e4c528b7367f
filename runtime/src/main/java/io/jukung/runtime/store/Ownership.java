package io.jukung.runtime.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.RegularFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Keeps daemons of different roots from sharing what each of them cleans up: a daemon ends the
 * processes in its cgroup and releases the addresses in its networks that it has no record of, and
 * another daemon's pods would be among them. What is used is marked with the root of the daemon
 * that uses it. The mark outlives the daemon, as the pods do. Thread-safe.
 */
public final class Ownership {
  /**
   * Where the owners of what is in a network namespace are marked, on a file system that a reboot
   * empties. The place is fixed, because daemons with different settings have to find it.
   */
  public static final Path REGISTRY = Path.of("/run/jukung-owners");

  /** The longest path on Linux. */
  private static final int MAX_OWNER_BYTES = 4096;

  private final Path root;
  private final Path registry;

  /**
   * Claims for the daemon that works on a directory.
   *
   * @param root exists, and is locked by the daemon
   * @param registry {@link #REGISTRY}, except in tests
   */
  public Ownership(Path root, Path registry) throws IOException {
    this.root = root.toRealPath();
    this.registry = registry;
  }

  /** The claim is refused: another daemon owns the thing. */
  public static final class OwnedByOtherException extends IOException {
    private static final long serialVersionUID = 1L;

    private OwnedByOtherException(String message) {
      super(message);
    }
  }

  /**
   * Claims a cgroup, which exists. A daemon that has ended, and has left no process in the cgroup,
   * loses it.
   *
   * @param setting the setting that names another cgroup
   */
  public void claim(Cgroup cgroup, String setting) throws IOException {
    Optional<String> owner = cgroup.claim(root.toString());
    if (owner.isEmpty() || owner.get().equals(root.toString())) {
      return;
    }
    Path other = Path.of(owner.get());
    if (isLocked(other) || cgroup.isPopulated()) {
      throw refused(cgroup.toString(), other, setting);
    }
    cgroup.changeOwner(root.toString());
  }

  /**
   * Claims what a file stands for. A daemon that has ended, and has no pod on record, loses it.
   *
   * @param mark the file that names the owner. Its directory exists
   * @param what for the error text
   * @param setting the setting by which the daemon can use something else
   */
  public void claim(Path mark, String what, String setting) throws IOException {
    try {
      Files.createFile(mark);
    } catch (FileAlreadyExistsException e) {
      Optional<Path> other = owner(mark);
      if (other.isPresent() && !other.get().equals(root) && isInUse(other.get())) {
        throw refused(what, other.get(), setting);
      }
    }
    AtomicFile.removeAbandoned(mark);
    AtomicFile.replace(mark, root.toString().getBytes(UTF_8));
  }

  /**
   * Claims something in the daemon's network namespace, as {@link #claim(Path, String, String)}.
   *
   * @param what for the error text, and unique in the network namespace
   */
  public void claimInNetwork(String what, String setting) throws IOException {
    StatePaths.createPrivate(registry);
    String namespace = Files.getAttribute(Path.of("/proc/self/ns/net"), "unix:ino").toString();
    String name = (namespace + " " + what).replace(' ', '-').replace('/', '_');
    claim(registry.resolve(name), what, setting);
  }

  private static Optional<Path> owner(Path mark) throws IOException {
    try {
      String text = new String(RegularFile.read(mark, MAX_OWNER_BYTES), UTF_8);
      // An empty mark is one that was not finished, by a daemon that was killed or by a power cut.
      return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static boolean isInUse(Path other) throws IOException {
    Path sandboxes = new StatePaths(other, other).sandboxes();
    return isLocked(other)
        || (Files.isDirectory(sandboxes) && !StateFiles.list(sandboxes).isEmpty());
  }

  /** Whether a daemon works on this root. */
  private static boolean isLocked(Path other) throws IOException {
    try (FileChannel lock =
        FileChannel.open(other.resolve(StatePaths.LOCK), StandardOpenOption.WRITE)) {
      return lock.tryLock() == null; // a lock that is got is released by the close
    } catch (OverlappingFileLockException e) {
      return true; // a daemon in this process
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static OwnedByOtherException refused(String what, Path other, String setting) {
    return new OwnedByOtherException(
        what
            + " belongs to the jukung of root "
            + other
            + ", whose pods would be taken for leftovers: set "
            + setting
            + " to something else, or stop that daemon and remove its pods");
  }
}
