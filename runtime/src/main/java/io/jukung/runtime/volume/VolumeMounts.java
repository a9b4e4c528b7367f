package io.jukung.runtime.volume;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The mounts of volumes that have options. Such a volume is mounted on its directory as long as a
 * container that uses it runs, so that all of them see one file system, as a tmpfs must be. The
 * caller holds the lock of the volume.
 */
final class VolumeMounts {
  /** The containers that run with a volume, by the id of the volume. */
  private final Map<String, Set<String>> users = new ConcurrentHashMap<>();

  /**
   * Mounts the volume unless it is mounted, and remembers that the container uses the mount. Blocks
   * as long as the file system does not answer.
   *
   * @param data the directory on which the volume is mounted
   */
  void acquire(VolumeRecord volume, Path data, String containerId) throws IOException {
    if (!isMounted(data)) {
      try (Fd mount = VolumeOptions.parse(volume.options()).mount()) {
        Mounts.attach(mount, data);
      } catch (IOException e) {
        throw new IOException("mount volume " + volume.name() + ": " + e.getMessage(), e);
      }
    }
    users.computeIfAbsent(volume.id(), _ -> new HashSet<>()).add(containerId);
  }

  /** Unmounts the volume if the container was the last that uses the mount. */
  void release(VolumeRecord volume, Path data, String containerId) throws IOException {
    Set<String> left = users.get(volume.id());
    if (left == null) {
      return;
    }
    left.remove(containerId);
    if (left.isEmpty()) {
      unmount(volume, data);
    }
  }

  /**
   * Takes over the mount that an earlier daemon has made, if there is one.
   *
   * @param running the containers that run with the volume; if there are none, it is unmounted
   */
  void takeUp(VolumeRecord volume, Path data, Set<String> running) throws IOException {
    users.put(volume.id(), new HashSet<>(running));
    if (running.isEmpty()) {
      unmount(volume, data);
    }
  }

  /** Unmounts the volume, which no container uses. */
  void unmount(VolumeRecord volume, Path data) throws IOException {
    users.remove(volume.id());
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
