package io.jukung.runtime.stats;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.mount.Mount;
import io.jukung.linux.mount.MountTable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The file system that a directory is on.
 *
 * @param device its source, as mounted
 */
public record Filesystem(String device, FilesystemStatus status) {
  /** Asks the kernel. */
  public static Filesystem of(Path directory) throws IOException {
    try (Fd open = AtomicFile.openHostDirectory(directory)) {
      String device =
          MountTable.read().containing(directory.toRealPath()).map(Mount::source).orElse("");
      return new Filesystem(device, FilesystemStatus.of(open));
    }
  }
}
