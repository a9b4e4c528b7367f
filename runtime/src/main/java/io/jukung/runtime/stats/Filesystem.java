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
 * @param device the source of its mount, for example a block device; empty if it is not known
 */
public record Filesystem(String device, FilesystemStatus status) {
  /** Reads the file system of a directory of the host from the kernel. */
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
