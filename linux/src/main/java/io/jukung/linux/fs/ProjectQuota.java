package io.jukung.linux.fs;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hard limits for the bytes of trees, by project quotas of ext4 and xfs (quotactl(2),
 * FS_IOC_FSSETXATTR in linux/fs.h). Each file has the number of a project, which a new file
 * inherits from its directory. The kernel counts the blocks of each project, and refuses a write
 * above the project's limit with EDQUOT (ext4) or ENOSPC (xfs).
 *
 * <p>The numbers are kept by the file system alone: in its directories and in its quota file. A
 * number is free if nothing of the file system has it and it has no limit. Other users of project
 * quotas, such as kubelet, count from other numbers.
 */
public final class ProjectQuota {
  // Numbers that a signed and an unsigned reader of 32 bits understand alike, far above those that
  // people give (/etc/projid) and that kubelet gives (1048577 and up).
  private static final int FIRST = 1 << 30;
  private static final int LAST = Integer.MAX_VALUE;

  /** A random number is nearly always free. */
  private static final int ATTEMPTS = 100;

  // The requests for the number of a file, with struct fsxattr (linux/fs.h).
  private static final long FS_IOC_FSGETXATTR = 0x801c581fL;
  private static final long FS_IOC_FSSETXATTR = 0x401c5820L;
  private static final int FSXATTR_BYTES = 28;
  private static final int FSX_XFLAGS = 0;
  private static final int FSX_PROJID = 12;
  private static final int FS_XFLAG_PROJINHERIT = 0x200;

  // The commands for the limits of a number, with struct if_dqblk (linux/quota.h), in which blocks
  // have 1024 bytes.
  private static final int PRJQUOTA = 2;
  private static final int Q_GETQUOTA = 0x800007;
  private static final int Q_SETQUOTA = 0x800008;
  private static final int IF_DQBLK_BYTES = 72;
  private static final int DQB_BHARDLIMIT = 0;
  private static final int DQB_BSOFTLIMIT = 8;
  private static final int DQB_CURSPACE = 16;
  private static final int DQB_IHARDLIMIT = 24;
  private static final int DQB_CURINODES = 40;
  private static final int DQB_VALID = 64;
  private static final int QIF_BLIMITS = 1;
  private static final int BLOCK_BYTES = 1024;

  // The command that says whether limits are enforced, with struct fs_quota_statv
  // (linux/dqblk_xfs.h).
  private static final int Q_XGETQSTATV = 0x5808;
  private static final int STATV_BYTES = 160;
  private static final int FS_QSTATV_VERSION1 = 1;
  private static final int QS_FLAGS = 2;
  private static final int FS_QUOTA_PDQ_ENFD = 1 << 5;

  private ProjectQuota() {}

  /** Why no tree on the file system of an open file can be limited; empty if trees can. */
  public static Optional<String> obstacle(Fd file) throws ErrnoException {
    try (Memory state = Memory.allocate(STATV_BYTES)) {
      state.putByte(0, (byte) FS_QSTATV_VERSION1);
      quotactl(file, Q_XGETQSTATV, "Q_XGETQSTATV", 0, state);
      return (state.getShort(QS_FLAGS) & FS_QUOTA_PDQ_ENFD) != 0
          ? Optional.empty()
          : Optional.of("its file system is mounted without prjquota");
    } catch (ErrnoException e) {
      if (isWithoutQuotas(e)) {
        return Optional.of("its file system, or a kernel before Linux 5.14, has no project quotas");
      }
      throw e;
    }
  }

  private static boolean isWithoutQuotas(ErrnoException e) {
    return e.is(Errno.ENOSYS) || e.is(Errno.EINVAL) || e.is(Errno.ESRCH) || e.is(Errno.EOPNOTSUPP);
  }

  /**
   * Limits the bytes that directories and all that is made in them have together. Renames and hard
   * links work among the directories, and are EXDEV between them and others.
   *
   * @param directories empty directories of one file system without {@link #obstacle}
   * @param bytes the limit, which is rounded up to 1024 bytes
   * @throws IOException if it fails; then the caller gives the directories to {@link #lift} and
   *     deletes them
   */
  public static synchronized void limit(List<Fd> directories, long bytes) throws IOException {
    Fd first = directories.getFirst();
    int project = freeProject(first);
    for (Fd directory : directories) {
      setProject(directory, project);
    }
    // After the directories: one that has a number without a limit is found by its number.
    setLimit(first, project, bytes);
  }

  /**
   * Takes away the limit that {@link #limit} has set, so that the number is free when the directory
   * and what is in it are deleted. Does nothing for a directory without such a limit.
   */
  public static void lift(Fd directory) throws ErrnoException {
    int project = project(directory);
    if (project < FIRST) {
      return;
    }
    try {
      setLimit(directory, project, 0);
    } catch (ErrnoException e) {
      if (!isWithoutQuotas(e)) {
        throw e;
      }
      // Quotas are off now, so that there is no limit.
    }
  }

  /** Whether {@link #limit} has limited the directory. */
  public static boolean isLimited(Fd directory) throws ErrnoException {
    return project(directory) >= FIRST;
  }

  private static int freeProject(Fd file) throws IOException {
    for (int i = 0; i < ATTEMPTS; i++) {
      int project = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      if (isFree(file, project)) {
        return project;
      }
    }
    throw new IOException("no free project number found for " + file);
  }

  private static boolean isFree(Fd file, int project) throws ErrnoException {
    try (Memory quota = Memory.allocate(IF_DQBLK_BYTES)) {
      quotactl(file, Q_GETQUOTA, "Q_GETQUOTA", project, quota);
      return quota.getLong(DQB_BHARDLIMIT) == 0
          && quota.getLong(DQB_BSOFTLIMIT) == 0
          && quota.getLong(DQB_IHARDLIMIT) == 0
          && quota.getLong(DQB_CURSPACE) == 0
          && quota.getLong(DQB_CURINODES) == 0;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return true; // xfs has no entry for the number
      }
      throw e;
    }
  }

  private static void setLimit(Fd file, int project, long bytes) throws ErrnoException {
    try (Memory quota = Memory.allocate(IF_DQBLK_BYTES)) {
      long blocks = bytes / BLOCK_BYTES + (bytes % BLOCK_BYTES == 0 ? 0 : 1);
      quota.putLong(DQB_BHARDLIMIT, blocks).putLong(DQB_BSOFTLIMIT, 0);
      quota.putInt(DQB_VALID, QIF_BLIMITS);
      quotactl(file, Q_SETQUOTA, "Q_SETQUOTA, " + bytes + " bytes", project, quota);
    }
  }

  private static void quotactl(Fd file, int command, String name, int project, Memory argument)
      throws ErrnoException {
    Kernel.call(
        Syscall.QUOTACTL_FD,
        () -> file + ", " + name + ", project " + project,
        file.number(),
        ((long) command << 8) | PRJQUOTA,
        project,
        argument.address(),
        0);
  }

  /** The project of a file; 0 if it has none or its file system knows no projects. */
  private static int project(Fd file) throws ErrnoException {
    try (Memory attributes = Memory.allocate(FSXATTR_BYTES)) {
      ioctl(file, FS_IOC_FSGETXATTR, "FS_IOC_FSGETXATTR", attributes);
      return attributes.getInt(FSX_PROJID);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOTTY) || e.is(Errno.EOPNOTSUPP) || e.is(Errno.EINVAL)) {
        return 0;
      }
      throw e;
    }
  }

  private static void setProject(Fd directory, int project) throws ErrnoException {
    try (Memory attributes = Memory.allocate(FSXATTR_BYTES)) {
      ioctl(directory, FS_IOC_FSGETXATTR, "FS_IOC_FSGETXATTR", attributes);
      attributes.putInt(FSX_XFLAGS, attributes.getInt(FSX_XFLAGS) | FS_XFLAG_PROJINHERIT);
      attributes.putInt(FSX_PROJID, project);
      ioctl(directory, FS_IOC_FSSETXATTR, "FS_IOC_FSSETXATTR, project " + project, attributes);
    }
  }

  private static void ioctl(Fd file, long request, String name, Memory argument)
      throws ErrnoException {
    Kernel.call(
        Syscall.IOCTL, () -> file + ", " + name, file.number(), request, argument.address());
  }
}
