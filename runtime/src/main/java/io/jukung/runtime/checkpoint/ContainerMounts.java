package io.jukung.runtime.checkpoint;

import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_PATH;

import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The mounts of a container as CRIU sees them. Every mount but those of proc is external: CRIU
 * notes only a key, and a restore puts there what the specification of the new container says. The
 * key is the path in the specification, so that symbolic links of the image do not matter.
 */
final class ContainerMounts {
  private static final String PROC = "proc";
  private static final int MAX_FDINFO_BYTES = 4096;
  private static final Pattern MOUNT_ID = Pattern.compile("(?m)^mnt_id:\\s*([0-9]+)$");

  private ContainerMounts() {}

  /**
   * The keys of the mounts that a container of this specification has, apart from its root and
   * proc. Masks of paths that do not exist in the container are not made.
   */
  static List<String> keys(Spec spec) {
    List<String> keys = new ArrayList<>();
    for (Spec.Mount mount : spec.mounts()) {
      if (!mount.type().equals(PROC)) {
        keys.add(key(mount.destination()));
      }
    }
    spec.linux().maskedPaths().forEach(path -> keys.add(key(path)));
    spec.linux().readonlyPaths().stream()
        .filter(path -> !isInProc(path))
        .forEach(path -> keys.add(key(path)));
    return keys;
  }

  static String key(String path) {
    return Path.of(path).normalize().toString();
  }

  static boolean isInProc(String path) {
    return Path.of(path).normalize().startsWith("/proc");
  }

  /**
   * The options {@code --external} for the mounts of a running container.
   *
   * @throws CriException FAILED_PRECONDITION if there is a mount that the specification does not
   *     name: nobody could make such a mount for a restored container
   */
  static List<String> external(Spec spec, int pid) throws IOException {
    Map<Integer, String> keys = new HashMap<>();
    try (Fd root = HostFile.open("/proc/" + pid + "/root", O_PATH | O_DIRECTORY, 0)) {
      for (String key : keys(spec)) {
        int id = mountAt(root, key);
        if (id != 0) {
          keys.put(id, key);
        }
      }
    }
    List<String> external = new ArrayList<>();
    for (MountinfoLine mount : MountTable.read(Path.of("/proc/" + pid + "/mountinfo")).mounts()) {
      if (mount.mountPoint().equals("/")
          || (mount.type().equals(PROC) && isInProc(mount.mountPoint()))) {
        continue;
      }
      String key = keys.remove(mount.id());
      if (key == null) {
        throw CriException.failedPrecondition(
            "the container has a mount at "
                + mount.mountPoint()
                + " that its specification does not name");
      }
      external.add("mnt[" + mount.mountPoint() + "]:" + key);
    }
    return external;
  }

  /** The id of the mount that is seen at a path; 0 if there is no such path. */
  private static int mountAt(Fd root, String path) throws IOException {
    try (Fd found = Openat2.openPath(root, path)) {
      return mountOf("/proc/self/fdinfo/" + found.number());
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return 0; // a masked path that the container does not have
      }
      throw e;
    }
  }

  /** The id of the mount of an open file, from its file in fdinfo (proc_pid_fdinfo(5)). */
  static int mountOf(String fdinfo) throws IOException {
    Matcher id = MOUNT_ID.matcher(HostFile.read(fdinfo, MAX_FDINFO_BYTES));
    if (!id.find()) {
      throw new IOException(fdinfo + " has no mnt_id");
    }
    return Integer.parseInt(id.group(1));
  }
}
