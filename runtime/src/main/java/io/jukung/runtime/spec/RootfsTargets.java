package io.jukung.runtime.spec;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.Openat2.NewEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the mount points and the working directory in a container's root file system. Those inside
 * another mount are made by the launch, as the mount does not exist earlier.
 */
public final class RootfsTargets {
  private static final int DIRECTORY_MODE = 0755;
  private static final int FILE_MODE = 0644;

  /** The owner of the files and directories that are made. */
  private record Owner(int uid, int gid) {
    NewEntry entry(int mode) {
      return new NewEntry(mode, uid, gid);
    }
  }

  private RootfsTargets() {}

  /**
   * Makes the missing mount points and the working directory.
   *
   * @param root the root file system, open; no path leads out of it
   */
  public static void make(Fd root, Spec spec) throws IOException {
    Owner owner =
        spec.linux()
            .ids()
            .map(ids -> new Owner(ids.rootUser(), ids.rootGroup()))
            .orElse(new Owner(0, 0));
    List<Path> mounted = new ArrayList<>();
    for (Spec.Mount mount : spec.mounts()) {
      Path destination = Path.of(mount.destination());
      if (!isInside(destination, mounted)) {
        make(root, destination, isDirectory(mount), owner);
      }
      mounted.add(destination);
    }
    Path cwd = Path.of(spec.process().cwd()).normalize();
    if (!isInside(cwd, mounted)) {
      make(root, cwd, true, owner);
    }
  }

  private static void make(Fd root, Path path, boolean directory, Owner owner) throws IOException {
    try {
      if (directory) {
        Openat2.makeDirectories(root, path.toString(), owner.entry(DIRECTORY_MODE)).close();
      } else {
        Openat2.makeFile(root, path.toString(), owner.entry(FILE_MODE), DIRECTORY_MODE).close();
      }
    } catch (ErrnoException e) {
      throw new IOException("make " + path + " in the root file system: " + e.getMessage(), e);
    }
  }

  /** Whether the mount needs a directory as its mount point, and not a file. */
  public static boolean isDirectory(Spec.Mount mount) {
    return !mount.type().equals("bind") || Files.isDirectory(Path.of(mount.source()));
  }

  private static boolean isInside(Path path, List<Path> mounts) {
    return mounts.stream().anyMatch(path::startsWith);
  }
}
