package io.jukung.linux.libc;

/**
 * Flags of clone(2), clone3(2), unshare(2) and setns(2) (linux/sched.h), with the kernel's names.
 */
public final class CloneFlags {
  public static final long CLONE_VM = 0x100;
  public static final long CLONE_FS = 0x200;
  public static final long CLONE_PIDFD = 0x1000;
  public static final long CLONE_VFORK = 0x4000;
  public static final long CLONE_PARENT = 0x8000;
  public static final long CLONE_NEWNS = 0x2_0000;
  public static final long CLONE_NEWCGROUP = 0x200_0000;
  public static final long CLONE_NEWUTS = 0x400_0000;
  public static final long CLONE_NEWIPC = 0x800_0000;
  public static final long CLONE_NEWUSER = 0x1000_0000;
  public static final long CLONE_NEWPID = 0x2000_0000;
  public static final long CLONE_NEWNET = 0x4000_0000;

  /** clone3(2) only, as is {@link #CLONE_INTO_CGROUP}. */
  public static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;

  public static final long CLONE_INTO_CGROUP = 0x2_0000_0000L;

  /** Size of struct clone_args with its cgroup field, as clone3(2) has it since Linux 5.7. */
  public static final int CLONE_ARGS_SIZE = 88;

  private CloneFlags() {}
}
