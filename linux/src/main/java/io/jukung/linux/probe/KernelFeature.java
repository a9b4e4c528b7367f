package io.jukung.linux.probe;

import static io.jukung.linux.libc.CloneFlags.CLONE_ARGS_SIZE;
import static io.jukung.linux.libc.CloneFlags.CLONE_CLEAR_SIGHAND;
import static io.jukung.linux.libc.CloneFlags.CLONE_INTO_CGROUP;
import static io.jukung.linux.process.Signals.SIGCHLD;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.DeviceFilter;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.MountAttribute;
import io.jukung.linux.mount.MountAttributes;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.util.Optional;

/**
 * A feature of the kernel that jukung uses. Each is tested by trying it, not by the kernel's
 * version, because distributions backport features and sandboxes disable them. A test changes
 * nothing.
 */
public enum KernelFeature {
  /** Confined path lookups. */
  OPENAT2(Need.REQUIRED, "openat2", "5.6"),
  /** Processes started in namespaces and in a cgroup, with default signal handlers. */
  CLONE3(Need.REQUIRED, "clone3 with CLONE_INTO_CGROUP", "5.7"),
  /** Processes named by descriptors. */
  PIDFD(Need.REQUIRED, "pidfd_open", "5.3"),
  /** Mounts that are attached nowhere. */
  MOUNT_API(Need.REQUIRED, "fsopen and fsmount", "5.2"),
  /** Attributes of whole mount trees. */
  MOUNT_SETATTR(Need.REQUIRED, "mount_setattr", "5.12"),
  /** Root file systems made of image layers. */
  OVERLAY(Need.REQUIRED, "overlay file system", "3.18"),
  /** Any number of layers without the length limit of one option. */
  OVERLAY_LOWERDIR_ADD(Need.OPTIONAL, "overlay option lowerdir+", "6.5"),
  /** Resource limits and kills of whole containers. */
  CGROUP2(Need.REQUIRED, "cgroup v2 hierarchy", "4.5"),
  /** Containers that may make device nodes but may not use the node's devices. */
  CGROUP_DEVICE(Need.REQUIRED, "BPF programs for the devices of a cgroup", "4.15");

  private enum Need {
    REQUIRED,
    OPTIONAL
  }

  private final Need need;
  private final String title;
  private final String since;

  KernelFeature(Need need, String title, String since) {
    this.need = need;
    this.title = title;
    this.since = since;
  }

  /** Whether jukung cannot work without the feature. */
  public boolean isRequired() {
    return need == Need.REQUIRED;
  }

  /** Returns why the feature cannot be used, in one sentence; empty if it can. */
  public Optional<String> missing() {
    try {
      tryOut();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(title + " (Linux " + since + ") cannot be used: " + e.getMessage());
    }
  }

  private void tryOut() throws IOException {
    switch (this) {
      case OPENAT2 -> tryOpenat2();
      case CLONE3 -> tryClone3();
      case PIDFD -> tryPidfd();
      case MOUNT_API -> tryMountApi();
      case MOUNT_SETATTR -> tryMountSetattr();
      case OVERLAY -> tryOverlay();
      case OVERLAY_LOWERDIR_ADD -> tryLowerdirAdd();
      case CGROUP2 -> tryCgroup2();
      case CGROUP_DEVICE -> DeviceFilter.tryOut();
    }
  }

  private static void tryOpenat2() throws IOException {
    try (Memory path = Memory.ofString("/");
        Memory how = Memory.allocate(24).putLong(0, OpenFlags.O_PATH | OpenFlags.O_CLOEXEC)) {
      Fd.own(
              Kernel.call(
                  Syscall.OPENAT2,
                  () -> "/",
                  Fd.AT_FDCWD,
                  path.address(),
                  how.address(),
                  how.size(),
                  0))
          .close();
    }
  }

  /** Passes a cgroup descriptor that cannot exist: a kernel that knows the flags answers EBADF. */
  private static void tryClone3() throws IOException {
    try (Memory arguments = Memory.allocate(CLONE_ARGS_SIZE)) {
      arguments
          .putLong(0, CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP)
          .putLong(32, SIGCHLD)
          .putLong(80, Integer.MAX_VALUE);
      long result = Kernel.raw(Syscall.CLONE3, arguments.address(), CLONE_ARGS_SIZE, 0, 0, 0);
      if (result != -Errno.EBADF) {
        throw new ErrnoException("clone3", "CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP", (int) -result);
      }
    }
  }

  private static void tryPidfd() throws IOException {
    long self = ProcessHandle.current().pid();
    Fd.own(Kernel.call(Syscall.PIDFD_OPEN, () -> "own pid", self)).close();
  }

  private static void tryMountApi() throws IOException {
    emptyTmpfs().close();
  }

  private static void tryMountSetattr() throws IOException {
    try (Fd mount = emptyTmpfs()) {
      Mounts.changeRecursive(mount, MountAttributes.setting(MountAttribute.RDONLY));
    }
  }

  private static Fd emptyTmpfs() throws IOException {
    try (FilesystemContext context = FilesystemContext.open("tmpfs")) {
      return context.mount();
    }
  }

  private static void tryOverlay() throws IOException {
    FilesystemContext.open("overlay").close();
  }

  private static void tryLowerdirAdd() throws IOException {
    try (FilesystemContext context = FilesystemContext.open("overlay")) {
      context.set("lowerdir+", "/");
    }
  }

  private static void tryCgroup2() throws IOException {
    if (MountTable.read().cgroup2().isEmpty()) {
      throw new IOException("nothing of type cgroup2 is mounted");
    }
  }
}
