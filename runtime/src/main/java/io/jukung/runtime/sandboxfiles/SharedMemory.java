package io.jukung.runtime.sandboxfiles;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.MountAttribute;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A pod's /dev/shm: a tmpfs that all containers of the pod share, and that outlives each of them.
 * When its directory is deleted, the kernel removes the mount in all mount namespaces.
 */
public final class SharedMemory {
  /** The usual size, which other runtimes use, too. */
  public static final long SIZE_BYTES = 64L << 20;

  private SharedMemory() {}

  /**
   * Mounts the tmpfs on a new directory. After a failure neither is left.
   *
   * @param user the mappings of the pod's user namespace, whose root owns the tmpfs; null for the
   *     host's user namespace
   * @throws FileAlreadyExistsException if the directory exists
   */
  public static void mount(Path directory, @Nullable IdMappings user, long sizeBytes)
      throws IOException {
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try (FilesystemContext tmpfs = FilesystemContext.open("tmpfs");
        Fd mount =
            tmpfs
                .set("source", "shm")
                .set("size", Long.toString(sizeBytes))
                .set("mode", "1777")
                .set("uid", Integer.toUnsignedString(user == null ? 0 : user.rootUser()))
                .set("gid", Integer.toUnsignedString(user == null ? 0 : user.rootGroup()))
                .mount(MountAttribute.NOSUID, MountAttribute.NODEV, MountAttribute.NOEXEC)) {
      Mounts.attach(mount, directory);
    } catch (IOException | RuntimeException e) {
      try {
        Files.deleteIfExists(directory);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** Removes the tmpfs and the directory, as far as they exist. */
  public static void remove(Path directory) throws IOException {
    while (Mounts.detach(directory)) {
      // After a crash there may be several mounts on the directory.
    }
    Files.deleteIfExists(directory);
  }
}
