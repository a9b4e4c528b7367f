package io.jukung.runtime.checkpoint;

import static io.jukung.runtime.checkpoint.ImageCheck.refused;

import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares the mounts in the images with those of the specification (images/mnt.proto of CRIU).
 * Every mount is external, under a key of the specification, or proc in the container's own pid
 * namespace. CRIU gives each mount the flags of the images, so the flags are compared as well.
 */
final class MountCheck {
  private static final long PROC = 1;
  private static final Path PROC_PATH = Path.of("/proc");

  /** mount(2): the flags that take something from the container. */
  private static final long MS_RDONLY = 1;

  private static final long MS_NOSUID = 2;
  private static final long MS_NODEV = 4;
  private static final long MS_NOEXEC = 8;

  private static final Map<String, Long> FLAGS =
      Map.of(
          "ro", MS_RDONLY,
          "rro", MS_RDONLY,
          "nosuid", MS_NOSUID,
          "nodev", MS_NODEV,
          "noexec", MS_NOEXEC);

  private final Spec spec;
  private final Map<String, Long> flags = new HashMap<>();
  private final Set<String> found = new HashSet<>();
  private final Set<String> readOnly = new HashSet<>();
  private final Set<Long> procDevices = new HashSet<>();
  private final Set<Long> otherDevices = new HashSet<>();
  private boolean root;

  MountCheck(Spec spec) {
    this.spec = spec;
    for (Spec.Mount mount : spec.mounts()) {
      long wanted = 0;
      for (String option : mount.options()) {
        wanted |= FLAGS.getOrDefault(option, 0L);
      }
      flags.put(ContainerMounts.key(mount.destination()), wanted);
    }
    ContainerMounts.keys(spec).forEach(key -> flags.putIfAbsent(key, 0L));
  }

  void check(List<ProtoMessage> mounts) throws IOException {
    for (ProtoMessage mount : mounts) {
      mount(mount);
    }
    if (!root) {
      throw refused("it has no root");
    }
    procDevices.retainAll(otherDevices);
    if (!procDevices.isEmpty()) {
      throw refused("it has a proc file system that is another file system as well");
    }
    for (Spec.Mount mount : spec.mounts()) {
      require(ContainerMounts.key(mount.destination()), "a mount");
    }
    for (String path : spec.linux().maskedPaths()) {
      if (existsHere(path)) {
        require(ContainerMounts.key(path), "a mask");
      }
    }
    for (String path : spec.linux().readonlyPaths()) {
      if (existsHere(path) && !readOnly.contains(ContainerMounts.key(path))) {
        throw refused(path + " is not read-only in it");
      }
    }
  }

  /** Whether a path of proc or sysfs is there: the kernel is the same as the container's. */
  private static boolean existsHere(String path) {
    return Files.exists(Path.of(path));
  }

  private void require(String key, String what) {
    if (!found.contains(key)) {
      throw refused("it has not " + what + " at " + key + ", and the container has");
    }
  }

  private void mount(ProtoMessage mount) throws IOException {
    if (mount.has(12) || mount.has(13) || mount.has(14) || mount.number(16, 0) != 0) {
      throw refused("it has a mount that CRIU itself would make");
    }
    String point = mount.text(7);
    long mountFlags = mount.number(5, 0) | mount.number(17, 0);
    String key = mount.text(18);
    if (point.equals("/") && !mount.has(18)) {
      if (root) {
        throw refused("it has two roots");
      }
      root = true;
      otherDevices.add(mount.number(3, 0));
      flags(point, mountFlags, spec.root().readonly() ? MS_RDONLY : 0);
    } else if (mount.has(18)) {
      Long wanted = flags.get(key);
      if (wanted == null) {
        throw refused("it has a mount at " + key + ", and the container has not");
      }
      otherDevices.add(mount.number(3, 0));
      flags(key, mountFlags, wanted);
      found.add(key);
      if ((mountFlags & MS_RDONLY) != 0) {
        readOnly.add(key);
      }
    } else {
      proc(mount, point, mountFlags);
    }
  }

  private void proc(ProtoMessage mount, String point, long mountFlags) throws IOException {
    Path path = Path.of(point);
    String inner = "/" + PROC_PATH.relativize(path.startsWith(PROC_PATH) ? path : PROC_PATH);
    if (mount.number(1, 0) != PROC
        || !path.startsWith(PROC_PATH)
        || !path.equals(path.normalize())
        || !mount.text(6).equals(inner)) {
      throw refused("it has a mount at " + point + " that the specification cannot make");
    }
    procDevices.add(mount.number(3, 0));
    flags(point, mountFlags, MS_NOSUID | MS_NODEV | MS_NOEXEC);
    found.add(point);
    if ((mountFlags & MS_RDONLY) != 0) {
      readOnly.add(point);
    }
  }

  private static void flags(String where, long has, long wanted) {
    if ((has & wanted) != wanted) {
      throw refused(
          "its mount at " + where + " has flags %#x instead of %#x".formatted(has, wanted));
    }
  }
}
