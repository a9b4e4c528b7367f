package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a container is restored from, in a directory for root only, from its creation to its start.
 *
 * <pre>
 * images/…          the images of CRIU, and descriptors.json
 * rootfs-diff.tar   until it is unpacked
 * places/N          where the launch shows the mounts to CRIU
 * restore.log, pid  of the restore
 * </pre>
 */
record RestoreFiles(Path directory) {
  private static final int FILE_MODE = 0600;

  static RestoreFiles of(StatePaths paths, String containerId) {
    return new RestoreFiles(paths.containerCheckpoint(containerId));
  }

  Path images() {
    return directory.resolve("images");
  }

  Path rootDifference() {
    return directory.resolve(ArchiveNames.ROOT_DIFFERENCE);
  }

  Path places() {
    return directory.resolve("places");
  }

  Path log() {
    return directory.resolve("restore.log");
  }

  Path pidFile() {
    return directory.resolve("pid");
  }

  boolean exist() {
    return Files.isDirectory(directory);
  }

  void create() throws IOException {
    StatePaths.createPrivate(images());
  }

  /** Makes a file of the archive. */
  Fd createImage(String name) throws IOException {
    return create(images(), name);
  }

  Fd createRootDifference() throws IOException {
    return create(directory, ArchiveNames.ROOT_DIFFERENCE);
  }

  private static Fd create(Path parent, String name) throws IOException {
    try (Fd opened = HostFile.openDirectory(parent)) {
      return DirectoryEntry.createFile(opened, name.getBytes(UTF_8), FILE_MODE);
    }
  }
}
