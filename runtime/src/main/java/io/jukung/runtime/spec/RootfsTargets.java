package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
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
        make(root, mount, owner);
      }
      mounted.add(destination);
    }
    Path cwd = Path.of(spec.process().cwd()).normalize();
    if (!isInside(cwd, mounted)) {
      try {
        Openat2.makeDirectories(root, cwd.toString(), owner.entry(DIRECTORY_MODE)).close();
      } catch (ErrnoException e) {
        throw failed(cwd, e);
      }
    }
  }

  private static void make(Fd root, Spec.Mount mount, Owner owner) throws IOException {
    Path path = Path.of(mount.destination());
    boolean directory = isDirectory(mount);
    try (Fd target =
        directory
            ? Openat2.makeDirectories(root, path.toString(), owner.entry(DIRECTORY_MODE))
            : Openat2.makeFile(root, path.toString(), owner.entry(FILE_MODE), DIRECTORY_MODE)) {
      if (!directory && FileStatus.of(target).isDirectory()) {
        throw CriException.invalidArgument(
            describe(mount) + "the source is a file, and the target is a directory in the image");
      }
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOTDIR)) {
        String target = directory ? "the source is a directory, and the target, or " : "";
        throw CriException.invalidArgument(
            describe(mount) + target + "a directory of the target's path is a file in the image");
      }
      throw failed(path, e);
    }
  }

  private static String describe(Spec.Mount mount) {
    return "mount of \"" + mount.source() + "\" on \"" + mount.destination() + "\": ";
  }

  private static IOException failed(Path path, ErrnoException e) {
    return new IOException("make " + path + " in the root file system: " + e.getMessage(), e);
  }

  /** Whether the mount needs a directory as its mount point, and not a file. */
  public static boolean isDirectory(Spec.Mount mount) {
    return !mount.type().equals("bind") || Files.isDirectory(Path.of(mount.source()));
  }

  private static boolean isInside(Path path, List<Path> mounts) {
    return mounts.stream().anyMatch(path::startsWith);
  }
}
