package io.jukung.runtime.doctor;

import io.jukung.linux.fs.FilesystemStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The directories of images, containers and state, and the clock that their times are from. */
final class StorageCheck implements Check {
  /** OVERLAYFS_SUPER_MAGIC of linux/magic.h. */
  private static final long OVERLAYFS = 0x794c7630L;

  /** Kubelet removes images when 15 % are left, and pods when 10 % are. */
  private static final int LITTLE_PERCENT = 10;

  private static final int ALMOST_NOTHING_PERCENT = 2;

  /** Records are written with the same clock; another node's would be some seconds off at most. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private final HostView host;
  private final Path root;
  private final Path state;

  StorageCheck(HostView host, Path root, Path state) {
    this.host = host;
    this.root = root;
    this.state = state;
  }

  @Override
  public String name() {
    return "storage";
  }

  @Override
  public List<Finding> run() throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<String, Path> each :
        List.of(Map.entry("root", root), Map.entry("state", state))) {
      if (Files.isDirectory(each.getValue())) {
        FilesystemStatus status = host.filesystem(each.getValue());
        findings.add(space("space of " + each.getKey(), each.getValue(), status));
        findings.add(permissions("mode of " + each.getKey(), each.getValue()));
      } else {
        findings.add(
            Finding.ok(each.getKey(), each.getValue() + " is not there yet; the daemon makes it"));
      }
    }
    if (Files.isDirectory(root) && host.filesystem(root).magic() == OVERLAYFS) {
      findings.add(
          Finding.problem(
              "file system of root",
              root + " is on an overlay, on which no container can have its writable layer",
              "Mount a volume or another file system there, such as ext4 or xfs."));
    }
    findings.add(clock());
    return findings;
  }

  private static Finding space(String check, Path directory, FilesystemStatus status) {
    long bytes = percent(status.availableBytes(), status.totalBytes());
    // Btrfs and others do not count inodes.
    long inodes =
        status.totalInodes() == 0 ? 100 : percent(status.freeInodes(), status.totalInodes());
    String what =
        directory + " has " + bytes + " % of its space and " + inodes + " % of its inodes left";
    long least = Math.min(bytes, inodes);
    if (least >= LITTLE_PERCENT) {
      return Finding.ok(check, what);
    }
    String advice =
        "Look at `jukung df`, remove images with `jukung rmi` or files of others, or enlarge the"
            + " file system.";
    return least < ALMOST_NOTHING_PERCENT
        ? Finding.problem(check, what, advice)
        : Finding.warning(check, what, advice);
  }

  private static long percent(long part, long whole) {
    return whole == 0 ? 100 : part * 100 / whole;
  }

  /** Who can write here can become root on the node. */
  private static Finding permissions(String check, Path directory) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(directory);
    Object owner = Files.getAttribute(directory, "unix:uid");
    boolean isOpen =
        mode.contains(PosixFilePermission.GROUP_WRITE)
            || mode.contains(PosixFilePermission.OTHERS_WRITE);
    if (!owner.equals(0)) {
      return Finding.problem(
          check,
          directory + " belongs to uid " + owner + ", who can so become root",
          "Run `chown root:root " + directory + "`.");
    }
    return isOpen
        ? Finding.problem(
            check,
            directory + " can be written by others than root",
            "Run `chmod go-w " + directory + "`.")
        : Finding.ok(check, "only root can write " + directory);
  }

  private Finding clock() throws IOException {
    if (!Files.isDirectory(root)) {
      return Finding.ok("clock", "not compared, because the daemon has never run");
    }
    Instant written = Files.getLastModifiedTime(root).toInstant();
    return host.now().plus(CLOCK_TOLERANCE).isBefore(written)
        ? Finding.problem(
            "clock",
            "the clock says " + host.now() + ", and " + root + " was changed at " + written,
            "Set the clock, and let chrony or systemd-timesyncd keep it right: certificates of"
                + " registries seem not valid yet, and kubelet ignores older states.")
        : Finding.ok("clock", "not before what is on the disk");
  }
}
