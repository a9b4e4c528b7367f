package io.jukung.linux.namespace;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.libc.CloneFlags;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.StringJoiner;

/** The kinds of namespaces (namespaces(7)). */
public enum Namespace {
  MOUNT("mnt", "CLONE_NEWNS", CloneFlags.CLONE_NEWNS),
  CGROUP("cgroup", "CLONE_NEWCGROUP", CloneFlags.CLONE_NEWCGROUP),
  UTS("uts", "CLONE_NEWUTS", CloneFlags.CLONE_NEWUTS),
  IPC("ipc", "CLONE_NEWIPC", CloneFlags.CLONE_NEWIPC),
  USER("user", "CLONE_NEWUSER", CloneFlags.CLONE_NEWUSER),
  PID("pid", "CLONE_NEWPID", CloneFlags.CLONE_NEWPID),
  NETWORK("net", "CLONE_NEWNET", CloneFlags.CLONE_NEWNET);

  private static final long NSFS_MAGIC = 0x6e736673;

  private final String procName;
  private final String kernelName;
  private final long cloneFlag;

  Namespace(String procName, String kernelName, long cloneFlag) {
    this.procName = procName;
    this.kernelName = kernelName;
    this.cloneFlag = cloneFlag;
  }

  /** Returns the name in /proc/PID/ns, which is also the name of a pin. */
  public String procName() {
    return procName;
  }

  /** Returns the value of CLONE_NEW*. */
  public long cloneFlag() {
    return cloneFlag;
  }

  /** Returns the path of the calling thread's namespace of this kind. */
  public Path ofCallingThread() {
    return Path.of("/proc/thread-self/ns", procName);
  }

  /**
   * Whether a namespace is mounted at this path; false for an ordinary file, and if the path does
   * not exist.
   */
  public static boolean isAt(Path file) throws ErrnoException {
    try {
      return FilesystemStatus.of(file).magic() == NSFS_MAGIC;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return false;
      }
      throw e;
    }
  }

  /** Moves the calling thread, which must be a {@link FreshThread}, into new namespaces. */
  public static void unshare(Set<Namespace> kinds) throws ErrnoException {
    Kernel.call(Syscall.UNSHARE, () -> kernelNames(kinds), cloneFlags(kinds));
  }

  static long cloneFlags(Set<Namespace> kinds) {
    long flags = 0;
    for (Namespace kind : kinds) {
      flags |= kind.cloneFlag;
    }
    return flags;
  }

  /**
   * Moves the calling thread, which must be a {@link FreshThread}, into a namespace of this kind.
   */
  public void enter(Fd namespace) throws ErrnoException {
    Kernel.call(
        Syscall.SETNS, () -> namespace + ", " + kernelName, namespace.number(), cloneFlag, 0);
  }

  private static String kernelNames(Set<Namespace> kinds) {
    StringJoiner names = new StringJoiner("|");
    EnumSet.copyOf(kinds).forEach(kind -> names.add(kind.kernelName));
    return names.toString();
  }
}
