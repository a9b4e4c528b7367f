package io.jukung.runtime.sandboxfiles;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.MountAttribute;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A pod's /dev/shm: a tmpfs that all its containers share and that outlives each of them. Copies of
 * the mount in other mount namespaces go with its directory.
 */
public final class SharedMemory {
  /** As other runtimes have it. */
  static final long SIZE_BYTES = 64L << 20;

  private SharedMemory() {}

  /**
   * Mounts it on a new directory. After a failure nothing is left.
   *
   * @param user of the pod's user namespace, whose root owns it; null: the host's
   */
  public static void mount(Path directory, @Nullable IdMappings user) throws IOException {
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try (FilesystemContext tmpfs = FilesystemContext.open("tmpfs");
        Fd mount =
            tmpfs
                .set("source", "shm")
                .set("size", Long.toString(SIZE_BYTES))
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

  /** Removes it with all it holds, whatever of it is there. */
  public static void remove(Path directory) throws IOException {
    while (Mounts.detach(directory)) {
      // A crash between two attempts may have left one mount upon another.
    }
    Files.deleteIfExists(directory);
  }
}
