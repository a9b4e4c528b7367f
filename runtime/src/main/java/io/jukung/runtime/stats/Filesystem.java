package io.jukung.runtime.stats;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
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
    try (Fd open = HostFile.openDirectory(directory)) {
      String device =
          MountTable.read()
              .containing(directory.toRealPath())
              .map(MountinfoLine::source)
              .orElse("");
      return new Filesystem(device, FilesystemStatus.of(open));
    }
  }
}
