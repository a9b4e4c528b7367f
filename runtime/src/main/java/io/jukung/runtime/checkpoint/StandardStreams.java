package io.jukung.runtime.checkpoint;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.mount.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The names by which CRIU knows the standard streams of a container: the pipes of the shim, and
 * /dev/null of the node. A restored process gets others in their place ({@code --inherit-fd}).
 */
final class StandardStreams {
  /** A name that a restore accepts; empty if the descriptor is nothing of the shim's. */
  static final Pattern NAME =
      Pattern.compile("|pipe:\\[[0-9]{1,20}]|file\\[[0-9a-f]{1,16}:[0-9a-f]{1,16}]");

  static final int COUNT = 3;

  private StandardStreams() {}

  /** The names of the descriptors 0, 1 and 2. */
  static List<String> of(int pid) throws IOException {
    MountTable mounts = MountTable.read(Path.of("/proc/" + pid + "/mountinfo"));
    List<String> names = new ArrayList<>();
    for (int number = 0; number < COUNT; number++) {
      names.add(name(pid, number, mounts));
    }
    return names;
  }

  private static String name(int pid, int number, MountTable mounts) throws IOException {
    Path link = Path.of("/proc/" + pid + "/fd/" + number);
    if (!Files.isSymbolicLink(link)) {
      return ""; // closed by the container
    }
    String target = HostFile.readLink(link.toString());
    if (NAME.matcher(target).matches()) {
      return target;
    }
    if (!target.startsWith("/")) {
      return ""; // a socket or the like, which the container has made
    }
    int mount = ContainerMounts.mountOf("/proc/" + pid + "/fdinfo/" + number);
    if (mounts.mounts().stream().anyMatch(each -> each.id() == mount)) {
      return ""; // a file of the container
    }
    try (Fd file = HostFile.open(link.toString(), OpenFlags.O_PATH, 0)) {
      return "file[%x:%x]".formatted(mount, FileStatus.of(file).inode());
    }
  }

  /** The option {@code --external} for each stream that is a file of the node. */
  static List<String> external(List<String> names) {
    return names.stream().filter(name -> name.startsWith("file[")).distinct().toList();
  }
}
