package io.jukung.runtime.volume;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The mounts of volumes that have options. Such a volume is mounted on its directory as long as a
 * container that uses it runs, so that all of them see one file system, as a tmpfs must be. The
 * caller holds the volume's lock for mounts.
 */
final class VolumeMounts {
  /** Mounts a volume on a directory. */
  @FunctionalInterface
  interface Mounter {
    void ensureMounted(VolumeRecord volume, Path data) throws IOException;
  }

  private VolumeMounts() {}

  /**
   * Mounts the volume unless it is mounted. Blocks as long as the file system does not answer.
   *
   * @param data the directory on which the volume is mounted
   */
  static void ensureMounted(VolumeRecord volume, Path data) throws IOException {
    if (isMounted(data)) {
      return;
    }
    try (Fd mount = VolumeOptions.parse(volume.options()).mount()) {
      Mounts.attach(mount, data);
    } catch (IOException e) {
      throw new IOException("mount volume " + volume.name() + ": " + e.getMessage(), e);
    }
  }

  /** Unmounts the volume if it is mounted. Containers that use it keep their own mounts. */
  static void unmount(Path data) throws IOException {
    if (isMounted(data)) {
      var _ = Mounts.detach(data);
    }
  }

  /** Whether anything is mounted on the directory. Does not look into what is mounted there. */
  static boolean isMounted(Path data) throws IOException {
    Path parent = data.getParent();
    if (parent == null || Files.notExists(parent)) {
      return false;
    }
    // The table has real paths. The last part is no symbolic link, and may be one that hangs.
    Path real = parent.toRealPath().resolve(VolumeContent.DATA);
    return !MountTable.read().under(real).isEmpty();
  }
}
