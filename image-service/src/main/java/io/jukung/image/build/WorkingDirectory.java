package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.copy.CopyRules.Owner;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;

/** Makes the directory of WORKDIR. */
final class WorkingDirectory {
  private static final int MODE = 0755;

  private WorkingDirectory() {}

  /**
   * Makes the directory and those above it, if they are missing.
   *
   * @param user the user of the image, who owns what is made; empty: root
   */
  static void make(Fd root, String directory, String user) throws IOException {
    Owner owner = user.isEmpty() ? Owner.ROOT : new ImageAccounts(root).owner(user);
    try {
      Openat2.makeDirectories(root, directory, new Openat2.NewEntry(MODE, owner.uid(), owner.gid()))
          .close();
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOTDIR)) {
        throw new CriException(
            ErrorKind.FAILED_PRECONDITION, "WORKDIR " + directory + ": it is no directory", e);
      }
      throw e;
    }
  }
}
