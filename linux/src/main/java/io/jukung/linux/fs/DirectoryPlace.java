package io.jukung.linux.fs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells whether two processes see the same directory, with everything that is mounted below, at one
 * path.
 */
public final class DirectoryPlace {
  /** Made by the kernel for each boot, see random(4): no other machine has the same one. */
  private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

  /** See mount_namespaces(7): processes of one namespace see the same mounts. */
  private static final Path MOUNT_NAMESPACE = Path.of("/proc/self/ns/mnt");

  private static final int MAX_BOOT_ID_BYTES = 64;

  private DirectoryPlace() {}

  /**
   * A text that is the same in another process only if a path leads both to the same directory of
   * one mount namespace. The directory itself is compared as well, because the other process may
   * have another root.
   *
   * @throws IOException also if /proc is not mounted
   */
  public static String of(Path directory) throws IOException {
    String boot = HostFile.read(BOOT_ID, MAX_BOOT_ID_BYTES).strip();
    Path namespace = Files.readSymbolicLink(MOUNT_NAMESPACE);
    try (Fd opened = HostFile.openDirectory(directory)) {
      FileStatus status = FileStatus.of(opened);
      return "%s %s %d:%d %d"
          .formatted(
              boot, namespace, status.filesystemMajor(), status.filesystemMinor(), status.inode());
    }
  }
}
