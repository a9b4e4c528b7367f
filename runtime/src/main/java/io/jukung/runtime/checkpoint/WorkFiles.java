package io.jukung.runtime.checkpoint;

import java.nio.file.Path;

/**
 * The files of one checkpoint while it is made, in a directory for root only: they hold the memory
 * of processes.
 *
 * <pre>
 * work.json         what the next daemon has to clear up if this one is killed
 * images/…          what CRIU writes
 * dump.log          the log of CRIU
 * stats-dump        the numbers of CRIU
 * rootfs-diff.tar   what the container has written
 * </pre>
 */
record WorkFiles(Path directory) {
  Path work() {
    return directory.resolve("work.json");
  }

  Path images() {
    return directory.resolve("images");
  }

  Path dumpLog() {
    return directory.resolve(ArchiveNames.LOG);
  }

  Path statistics() {
    return directory.resolve(ArchiveNames.STATISTICS);
  }

  Path rootDifference() {
    return directory.resolve(ArchiveNames.ROOT_DIFFERENCE);
  }
}
