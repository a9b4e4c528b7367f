package io.jukung.linux.libc;

import java.util.Locale;

/**
 * The system calls that jukung makes, with their numbers on each architecture (asm/unistd_64.h and
 * asm-generic/unistd.h). Only calls that both architectures have are here.
 */
public enum Syscall {
  READ(0, 63),
  WRITE(1, 64),
  PREAD64(17, 67),
  CLOSE(3, 57),
  FSTAT(5, 80),
  LSEEK(8, 62),
  IOCTL(16, 29),
  FCNTL(72, 25),
  DUP(32, 23),
  DUP3(292, 24),
  PIPE2(293, 59),
  OPENAT(257, 56),
  OPENAT2(437, 437),
  CLOSE_RANGE(436, 436),
  NEWFSTATAT(262, 79),
  STATX(332, 291),
  FSTATFS(138, 44),
  STATFS(137, 43),
  MKDIRAT(258, 34),
  MKNODAT(259, 33),
  UNLINKAT(263, 35),
  SYMLINKAT(266, 36),
  LINKAT(265, 37),
  RENAMEAT2(316, 276),
  READLINKAT(267, 78),
  FCHMOD(91, 52),
  FCHMODAT(268, 53),
  FCHMODAT2(452, 452),
  FCHOWN(93, 55),
  FCHOWNAT(260, 54),
  UTIMENSAT(280, 88),
  FTRUNCATE(77, 46),
  FSYNC(74, 82),
  FDATASYNC(75, 83),
  SYNCFS(306, 267),
  GETDENTS64(217, 61),
  COPY_FILE_RANGE(326, 285),
  FALLOCATE(285, 47),
  FSETXATTR(190, 7),
  FGETXATTR(193, 10),
  FLISTXATTR(196, 13),
  FREMOVEXATTR(199, 16),
  SETXATTR(188, 5),
  LSETXATTR(189, 6),
  LGETXATTR(192, 9),
  LLISTXATTR(195, 12),
  MPROTECT(10, 226),
  MUNMAP(11, 215),
  MADVISE(28, 233),
  MEMFD_CREATE(319, 279),
  FSOPEN(430, 430),
  FSCONFIG(431, 431),
  FSMOUNT(432, 432),
  FSPICK(433, 433),
  MOVE_MOUNT(429, 429),
  OPEN_TREE(428, 428),
  MOUNT_SETATTR(442, 442),
  MOUNT(165, 40),
  UMOUNT2(166, 39),
  PIVOT_ROOT(155, 41),
  CLONE(56, 220),
  CLONE3(435, 435),
  UNSHARE(272, 97),
  SETNS(308, 268),
  EXECVE(59, 221),
  EXECVEAT(322, 281),
  EXIT(60, 93),
  EXIT_GROUP(231, 94),
  WAIT4(61, 260),
  WAITID(247, 95),
  FUTEX(202, 98),
  KILL(62, 129),
  TGKILL(234, 131),
  PIDFD_OPEN(434, 434),
  PIDFD_SEND_SIGNAL(424, 424),
  GETPID(39, 172),
  GETTID(186, 178),
  GETPPID(110, 173),
  PRCTL(157, 167),
  PRLIMIT64(302, 261),
  CAPGET(125, 90),
  CAPSET(126, 91),
  SETRESUID(117, 147),
  SETRESGID(119, 149),
  SETFSUID(122, 151),
  SETFSGID(123, 152),
  SETGROUPS(116, 159),
  SETSID(112, 157),
  GETUID(102, 174),
  UMASK(95, 166),
  CHDIR(80, 49),
  FCHDIR(81, 50),
  CHROOT(161, 51),
  SETHOSTNAME(170, 161),
  SETDOMAINNAME(171, 162),
  PERSONALITY(135, 92),
  SECCOMP(317, 277),
  IOPRIO_SET(251, 30),
  SCHED_SETAFFINITY(203, 122),
  GETPRIORITY(140, 141),
  SETPRIORITY(141, 140),
  RT_SIGACTION(13, 134),
  RT_SIGPROCMASK(14, 135),
  RT_SIGTIMEDWAIT(128, 137),
  PPOLL(271, 73),
  EPOLL_CREATE1(291, 20),
  EPOLL_CTL(233, 21),
  EPOLL_PWAIT(281, 22),
  EVENTFD2(290, 19),
  SIGNALFD4(289, 74),
  TIMERFD_CREATE(283, 85),
  TIMERFD_SETTIME(286, 86),
  SOCKET(41, 198),
  BIND(49, 200),
  LISTEN(50, 201),
  ACCEPT4(288, 242),
  CONNECT(42, 203),
  SENDMSG(46, 211),
  RECVMSG(47, 212),
  GETSOCKOPT(55, 209),
  SETSOCKOPT(54, 208),
  SHUTDOWN(48, 210),
  SOCKETPAIR(53, 199),
  GETSOCKNAME(51, 204),
  CLOCK_GETTIME(228, 113),
  UNAME(63, 160),
  SYSINFO(99, 179),
  KEYCTL(250, 219),
  QUOTACTL(179, 60),
  QUOTACTL_FD(443, 443),
  FACCESSAT2(439, 439),
  INOTIFY_INIT1(294, 26),
  INOTIFY_ADD_WATCH(254, 27),
  BPF(321, 280);

  private final short x86_64;
  private final short aarch64;

  Syscall(int x86_64, int aarch64) {
    this.x86_64 = (short) x86_64;
    this.aarch64 = (short) aarch64;
  }

  /** Returns the number on the architecture of this process. */
  public int number() {
    return number(Arch.CURRENT);
  }

  public int number(Arch arch) {
    return switch (arch) {
      case X86_64 -> x86_64;
      case AARCH64 -> aarch64;
    };
  }

  /** Returns the name as in the man page. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
