package io.jukung.linux.namespace;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.StringJoiner;

/** The kinds of namespaces (namespaces(7)). */
public enum Namespace {
  MOUNT("mnt", "CLONE_NEWNS", 0x20000),
  CGROUP("cgroup", "CLONE_NEWCGROUP", 0x2000000),
  UTS("uts", "CLONE_NEWUTS", 0x4000000),
  IPC("ipc", "CLONE_NEWIPC", 0x8000000),
  USER("user", "CLONE_NEWUSER", 0x10000000),
  PID("pid", "CLONE_NEWPID", 0x20000000),
  NETWORK("net", "CLONE_NEWNET", 0x40000000);

  private static final long NSFS_MAGIC = 0x6e736673;

  /** struct statfs is 120 bytes on both architectures; its first word is the magic. */
  private static final int STATFS_SIZE = 120;

  private final String procName;
  private final String kernelName;
  private final int cloneFlag;

  Namespace(String procName, String kernelName, int cloneFlag) {
    this.procName = procName;
    this.kernelName = kernelName;
    this.cloneFlag = cloneFlag;
  }

  /** Its name under /proc/PID/ns, and that of its pin. */
  public String procName() {
    return procName;
  }

  /** CLONE_NEW*. */
  public int cloneFlag() {
    return cloneFlag;
  }

  /** That of the calling thread. */
  public Path ofCallingThread() {
    return Path.of("/proc/thread-self/ns", procName);
  }

  /** Whether this path leads to a namespace, and not to a plain file or to nothing. */
  public static boolean isAt(Path file) throws ErrnoException {
    try (Memory path = Memory.ofString(file.toString());
        Memory statfs = Memory.allocate(STATFS_SIZE)) {
      Kernel.call(Syscall.STATFS, file::toString, path.address(), statfs.address(), 0);
      return statfs.getLong(0) == NSFS_MAGIC;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return false;
      }
      throw e;
    }
  }

  /** Gives the calling thread new namespaces; only for a {@link FreshThread}. */
  public static void unshare(Set<Namespace> kinds) throws ErrnoException {
    Kernel.call(Syscall.UNSHARE, () -> kernelNames(kinds), cloneFlags(kinds));
  }

  static int cloneFlags(Set<Namespace> kinds) {
    int flags = 0;
    for (Namespace kind : kinds) {
      flags |= kind.cloneFlag;
    }
    return flags;
  }

  /** Moves the calling thread into a namespace of this kind; only for a {@link FreshThread}. */
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
