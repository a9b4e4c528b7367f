package io.jukung.runtime.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A mark in the directory of an object that names the boot of the node in which the object was
 * used. The mark is a symlink to no file: the file systems keep the target of a short symlink in
 * its inode, so that a power cut leaves a whole mark or none.
 */
final class BootMark {
  private static final String NAME = "boot";
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private static volatile @Nullable String boot;

  private BootMark() {}

  /** Marks the directory with this boot, unless it has a mark. */
  static void write(Path directory) throws IOException {
    try {
      Files.createSymbolicLink(directory.resolve(NAME), Path.of(thisBoot()));
    } catch (FileAlreadyExistsException e) {
      return; // an object is of use only in the boot in which it was made
    }
  }

  /** Whether the directory has a mark of an earlier boot. */
  static boolean isOfEarlierBoot(Path directory) throws IOException {
    try {
      Path marked = Files.readSymbolicLink(directory.resolve(NAME));
      return !marked.toString().equals(thisBoot());
    } catch (NoSuchFileException | NotLinkException e) {
      return false; // not marked, as by a release that made no marks
    }
  }

  /** Whether the directory has a mark. */
  static boolean isMarked(Path directory) {
    return Files.isSymbolicLink(directory.resolve(NAME));
  }

  /** Reads the name once: it is the same for as long as this process lives. */
  private static String thisBoot() throws IOException {
    String known = boot;
    if (known == null) {
      known = Files.readString(BOOT_ID).strip();
      boot = known;
    }
    return known;
  }
}
