package io.jukung.image.build;

import io.jukung.image.commit.CompressedLayer;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * Changes the files of an image: mounts its layers with a writable one above them, at no path, so
 * that nothing is left of the mount when the process ends. Not thread-safe.
 */
final class OverlayWork {
  private final Path temporary;
  private final Optional<FileTime> newest;

  /**
   * @param temporary the store's directory for unfinished work
   * @param newest later times of files become this one; empty: they stay
   */
  OverlayWork(Path temporary, Optional<FileTime> newest) {
    this.temporary = temporary;
    this.newest = newest;
  }

  /** Changes files below an open root directory. */
  @FunctionalInterface
  interface Work {
    void on(Fd root) throws IOException, InterruptedException;
  }

  /**
   * Does the work.
   *
   * @param lowers the layers below, topmost first; at least one
   * @return the changes; empty if there are none. The caller closes the layer.
   */
  Optional<CompressedLayer> run(List<Path> lowers, Work work)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(temporary, "build-");
    try {
      Path upper = Files.createDirectory(directory.resolve("upper"));
      Files.setPosixFilePermissions(upper, PosixFilePermissions.fromString("rwxr-xr-x"));
      Path kernels = Files.createDirectory(directory.resolve("work"));
      try (Fd root = OverlayMount.detached(lowers, upper, kernels)) {
        work.on(root);
      }
      return layer(upper);
    } finally {
      TreeRemoval.remove(directory);
    }
  }

  /** The archive of an overlay's upper directory; empty if there is nothing in it. */
  Optional<CompressedLayer> layer(Path upper) throws IOException {
    try (Fd tree = HostFile.openDirectory(upper)) {
      if (DirectoryListing.names(tree).isEmpty()) {
        return Optional.empty();
      }
    }
    return Optional.of(CompressedLayer.write(upper, OwnerMap.SAME, newest, temporary));
  }
}
