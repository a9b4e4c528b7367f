package io.jukung.runtime.volume;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.fs.TreeCopy;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Copies what an image has at a path into an empty volume. A crash leaves either nothing of the
 * copy or all of it, once {@link #finish} has run:
 *
 * <pre>
 *   filling (the copy grows; a crash: it is deleted)
 *     → filled (the copy is complete and on the disk; a crash: the next step is done again)
 *       → its entries are moved to data, one by one → filled is deleted
 * </pre>
 *
 * The directory itself is never replaced, because a running container may have mounted it.
 */
final class VolumeContent {
  static final String DATA = "data";

  private static final byte[] DATA_NAME = name(DATA);
  private static final byte[] FILLING = name("filling");
  private static final byte[] FILLED = name("filled");

  private VolumeContent() {}

  private static byte[] name(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Fills the volume if it is empty and the image has a directory at the path; owner, mode and
   * attributes of that directory become those of the volume.
   *
   * @param volume the directory of the volume
   * @param root the container's root file system; symbolic links do not lead out of it
   * @param source the path in the root
   */
  static void fill(Path volume, Fd root, Path source) throws IOException {
    finish(volume);
    try (Fd directory = HostFile.openDirectory(volume)) {
      if (!isEmpty(directory)) {
        return;
      }
      try (Fd content = Openat2.openPath(root, source.toString())) {
        if (!FileStatus.of(content).isDirectory()) {
          return; // the launch says that a directory cannot be mounted on a file
        }
        copy(content, directory);
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) || !e.call().equals("openat2")) {
          throw e;
        } // the image has nothing there: the volume stays empty
      }
    }
    finish(volume);
  }

  private static boolean isEmpty(Fd directory) throws ErrnoException {
    try (Fd data = DirectoryEntry.openDirectory(directory, DATA_NAME)) {
      return DirectoryListing.names(data).isEmpty();
    }
  }

  private static void copy(Fd content, Fd directory) throws IOException {
    DirectoryEntry.makeDirectory(directory, FILLING, 0700);
    try {
      try (Fd readable = Openat2.openDirectory(content, ".");
          Fd filling = DirectoryEntry.openDirectory(directory, FILLING)) {
        TreeCopy.copy(readable, filling);
        Sync.filesystem(filling);
      }
      DirectoryEntry.rename(directory, FILLING, directory, FILLED);
    } catch (IOException | RuntimeException e) {
      try {
        TreeRemoval.remove(directory, FILLING); // the disk may be full, and must not stay so
      } catch (IOException removal) {
        e.addSuppressed(removal); // the next copy tries again
      }
      throw e;
    }
    Sync.file(directory);
  }

  /** Whether there is something to do for {@link #finish}. */
  static boolean isUnfinished(Path volume) throws IOException {
    try (Fd directory = HostFile.openDirectory(volume)) {
      return names(directory).stream()
          .anyMatch(each -> each.startsWith("filling") || each.startsWith("filled"));
    }
  }

  private static List<String> names(Fd directory) throws IOException {
    return DirectoryListing.names(directory).stream()
        .map(each -> new String(each, StandardCharsets.ISO_8859_1))
        .toList();
  }

  /** Deletes a copy that is not complete, and takes over one that is. */
  static void finish(Path volume) throws IOException {
    try (Fd directory = HostFile.openDirectory(volume)) {
      List<String> names = names(directory);
      for (String each : names) {
        if (each.startsWith("filling")) { // also what a removal that was interrupted has left
          TreeRemoval.remove(directory, each.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
      if (names.contains("filled")) {
        takeOver(directory);
      }
      for (String each : names) {
        if (each.startsWith("filled")) {
          TreeRemoval.remove(directory, each.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
    }
  }

  private static void takeOver(Fd directory) throws IOException {
    try (Fd filled = DirectoryEntry.openDirectory(directory, FILLED);
        Fd data = DirectoryEntry.openDirectory(directory, DATA_NAME)) {
      for (byte[] each : DirectoryListing.names(filled)) {
        try {
          DirectoryEntry.renameToNew(filled, each, data, each);
        } catch (ErrnoException e) {
          if (!e.is(Errno.EEXIST)) {
            throw e;
          } // a container that runs has made it in the meantime, and keeps it
        }
      }
      TreeCopy.copyAttributes(filled, data);
      Sync.file(data);
    }
  }
}
