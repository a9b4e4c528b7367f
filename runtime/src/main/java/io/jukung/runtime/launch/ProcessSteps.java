package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_BENEATH;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_IN_ROOT;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_MAGICLINKS;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_XDEV;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_PARENT;
import static io.jukung.linux.mount.MountFlags.FSCONFIG_CMD_CREATE;
import static io.jukung.linux.process.CurrentProcess.PR_SET_DUMPABLE;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.Arg;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Capability;
import io.jukung.linux.seccomp.Filter;
import io.jukung.runtime.spec.Spec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The steps that turn a fully privileged process into the container's process. Each step only takes
 * something away from the process.
 */
final class ProcessSteps {
  private static final int SCRATCH = Register.FIRST_FREE + 6;
  private static final int PROC = Register.FIRST_FREE + 7;

  private static final int PR_SET_KEEPCAPS = 8;
  private static final int PR_CAPBSET_DROP = 24;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_SET_MEMORY_MERGE = 67;
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int SIG_SETMASK = 2;
  private static final int SIGCHLD = 17;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_RAISE = 2;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int LINUX_CAPABILITY_VERSION_3 = 0x20080522;
  private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
  private static final int TIOCSCTTY = 0x540e;
  private static final int F_GETPIPE_SZ = 1032;
  private static final int SECCOMP_SET_MODE_FILTER = 1;
  private static final int DEFAULT_UMASK = 022;

  /** The most processors that Linux supports (CONFIG_NR_CPUS); longer masks are cut. */
  private static final int MAX_PROCESSORS = 8192;

  private static final List<String> RLIMITS =
      List.of(
          "CPU",
          "FSIZE",
          "DATA",
          "STACK",
          "CORE",
          "RSS",
          "NPROC",
          "NOFILE",
          "MEMLOCK",
          "AS",
          "LOCKS",
          "SIGPENDING",
          "MSGQUEUE",
          "NICE",
          "RTPRIO",
          "RTTIME");

  private final ProgramBuilder program;

  ProcessSteps(ProgramBuilder program) {
    this.program = program;
  }

  /**
   * Must be the first step: from here on no process in a joined namespace can trace this one or
   * read its memory.
   *
   * <p>The kernel merges equal pages of the daemon, its shims and their children where the daemon
   * was started so (MemoryKSM= of systemd.exec(5)). A container must not take part: by the time
   * that a write takes it could learn what pages others have.
   */
  void hide() {
    program.step("hide from tracers", Syscall.PRCTL, imm(PR_SET_DUMPABLE), imm(0));
    program
        .step("merge no pages with others", Syscall.PRCTL, imm(PR_SET_MEMORY_MERGE), imm(0))
        .tolerate(Errno.EINVAL); // a kernel before 6.4, or one without KSM
  }

  /**
   * Allows every processor of the cgroup that the process is in. The daemon may be kept to a few
   * (CPUAffinity= of its unit), and its shims and their containers inherit that. The kernel cuts
   * the mask down to the processors that there are, and to those of the cgroup's cpuset. Since
   * Linux 6.2, joining a cpuset does not undo a mask that was set before.
   */
  void everyProcessor() {
    byte[] mask = new byte[MAX_PROCESSORS / Byte.SIZE];
    Arrays.fill(mask, (byte) 0xff);
    program.step(
        "run on every processor of the cgroup",
        Syscall.SCHED_SETAFFINITY,
        imm(0),
        imm(mask.length),
        program.struct("{all}", mask));
  }

  /** Must run while the host's /proc is still visible, as a container could change its own. */
  void oomScore(int adjustment) {
    String text = Integer.toString(adjustment);
    String purpose = "set oom_score_adj " + text;
    program
        .step(
            purpose,
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string("/proc/self/oom_score_adj"),
            imm(O_WRONLY | O_CLOEXEC))
        .into(SCRATCH);
    program
        .step(purpose, Syscall.WRITE, reg(SCRATCH), program.string(text), imm(text.length()))
        .tolerate(Errno.EACCES); // lowering needs CAP_SYS_RESOURCE, which the host may not have
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
  }

  /**
   * Sets the AppArmor profile and the SELinux label that take effect with the execve.
   *
   * <p>They are written through a proc file system that is mounted only for this and not attached
   * anywhere: whatever a container has mounted in its /proc cannot divert the write
   * (CVE-2019-16884, CVE-2025-52881).
   */
  void labels(@Nullable String apparmorProfile, @Nullable String selinuxLabel) {
    if (apparmorProfile == null && selinuxLabel == null) {
      return;
    }
    String purpose = "open the process's security attributes";
    program.step(purpose, Syscall.FSOPEN, program.string("proc"), imm(1)).into(SCRATCH);
    program.step(
        purpose, Syscall.FSCONFIG, reg(SCRATCH), imm(FSCONFIG_CMD_CREATE), imm(0), imm(0), imm(0));
    program.step(purpose, Syscall.FSMOUNT, reg(SCRATCH), imm(1), imm(0)).into(PROC);
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
    if (selinuxLabel != null) {
      openAttribute("thread-self/attr/exec");
      writeAttribute("take the label " + selinuxLabel, selinuxLabel);
    }
    if (apparmorProfile != null) {
      openAttribute("thread-self/attr/exec");
      // AppArmor's own file if the kernel has it: the older one belongs to the first module.
      openAttribute("thread-self/attr/apparmor/exec").tolerate(Errno.ENOENT);
      writeAttribute("take the profile " + apparmorProfile, "exec " + apparmorProfile);
    }
    program.step("close", Syscall.CLOSE, reg(PROC)).clears(PROC);
  }

  private ProgramBuilder.StepBuilder openAttribute(String path) {
    return program
        .step(
            "open " + path,
            Syscall.OPENAT2,
            reg(PROC),
            program.string(path),
            TargetSteps.openHow(
                program, O_WRONLY, RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH),
            imm(24))
        .into(SCRATCH);
  }

  private void writeAttribute(String purpose, String text) {
    program.step(
        purpose,
        Syscall.WRITE,
        reg(SCRATCH),
        program.string(text),
        imm(text.getBytes(StandardCharsets.UTF_8).length));
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
  }

  void keyring() {
    program
        .step(
            "take a session keyring of its own",
            Syscall.KEYCTL,
            imm(KEYCTL_JOIN_SESSION_KEYRING),
            imm(0))
        .tolerate(Errno.ENOSYS, Errno.EPERM, Errno.EDQUOT);
  }

  /** Continues in a fork, which is in the joined pid namespace and is a child of the shim, too. */
  void enterPidNamespace() {
    program.step("fork into the pid namespace", Syscall.CLONE, imm(CLONE_PARENT)).forks();
  }

  /**
   * Goes on in a child of an init, which stays: it is the first process of the container, passes
   * signals on to the child, and waits for the orphans in the container. The filter of system calls
   * is loaded already, and must allow what comes after it.
   */
  void underInit() {
    program.step("inherit orphans", Syscall.PRCTL, imm(PR_SET_CHILD_SUBREAPER), imm(1));
    program.step(
        "hold signals for the init",
        Syscall.RT_SIGPROCMASK,
        imm(SIG_SETMASK),
        program.words("{every signal}", -1),
        imm(0),
        imm(8));
    program.step("go on as a child of the init", Syscall.CLONE, imm(SIGCHLD)).forksUnderInit();
    program.step(
        "let signals through",
        Syscall.RT_SIGPROCMASK,
        imm(SIG_SETMASK),
        program.words("{no signal}", 0),
        imm(0),
        imm(8));
  }

  void session() {
    program.step("lead a session", Syscall.SETSID);
  }

  void rlimits(List<Spec.Rlimit> limits) {
    for (Spec.Rlimit limit : limits) {
      String name = limit.type().toUpperCase(Locale.ROOT).replaceFirst("^RLIMIT_", "");
      int resource = RLIMITS.indexOf(name);
      if (resource < 0) {
        throw new IllegalArgumentException("there is no resource limit " + limit.type());
      }
      program
          .step(
              "limit " + name,
              Syscall.PRLIMIT64,
              imm(0),
              imm(resource),
              program.words(
                  "{soft=%d, hard=%d}".formatted(limit.soft(), limit.hard()),
                  limit.soft(),
                  limit.hard()),
              imm(0))
          .tolerate(Errno.EPERM); // raising the hard limit needs CAP_SYS_RESOURCE
    }
  }

  /** Makes the container's user the owner of the pipes, so that it can open /dev/stdout. */
  void ownPipes(long uid, boolean ownsStdin) {
    List<Integer> owned =
        ownsStdin
            ? List.of(Register.STDIN, Register.STDOUT, Register.STDERR)
            : List.of(Register.STDOUT, Register.STDERR);
    for (int register : owned) {
      // Fails for anything but a pipe: the owner of, say, /dev/null would change on the host.
      program.step("expect a pipe", Syscall.FCNTL, reg(register), imm(F_GETPIPE_SZ));
      program.step("own the pipe", Syscall.FCHOWN, reg(register), imm(uid), imm(-1));
    }
  }

  /** Makes the pipes the descriptors 0 to 2. */
  void standardPipes() {
    for (int i = 0; i < 3; i++) {
      program.step(
          "standard descriptor " + i, Syscall.DUP3, reg(Register.STDIN + i), imm(i), imm(0));
    }
  }

  void ownTerminal(int terminal, long uid) {
    program.step("own the terminal", Syscall.FCHOWN, reg(terminal), imm(uid), imm(-1));
  }

  /** Makes the terminal the descriptors 0 to 2. */
  void standardTerminal(int terminal) {
    for (int i = 0; i < 3; i++) {
      program.step("standard descriptor " + i, Syscall.DUP3, reg(terminal), imm(i), imm(0));
    }
    program.step("close", Syscall.CLOSE, reg(terminal)).clears(terminal);
  }

  /** Makes standard input the controlling terminal of the session that the process leads. */
  void controlTerminal() {
    program.step("control the terminal", Syscall.IOCTL, imm(0), imm(TIOCSCTTY), imm(0));
  }

  /**
   * Enters a directory inside the root. Magic links, which lead to open descriptors, are refused.
   */
  void workingDirectory(String path) {
    String purpose = "enter " + path;
    program
        .step(
            purpose,
            Syscall.OPENAT2,
            imm(Fd.AT_FDCWD),
            program.string(path),
            TargetSteps.openHow(program, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
            imm(24))
        .into(SCRATCH);
    program.step(purpose, Syscall.FCHDIR, reg(SCRATCH));
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
  }

  /**
   * Sets user, groups and capabilities, in the only order that works (capabilities(7)).
   *
   * @param available the capabilities that the process has
   * @param administers whether to keep CAP_SYS_ADMIN until the command runs. The execve of the
   *     command removes it, as it computes the new capabilities from the bounding, inheritable and
   *     ambient sets alone.
   */
  void identity(
      Spec.User user, Spec.Capabilities capabilities, long available, boolean administers) {
    long bounding = mask(capabilities.bounding());
    for (Capability each : Capability.all()) {
      if ((bounding & each.mask()) == 0) {
        program
            .step("drop " + each, Syscall.PRCTL, imm(PR_CAPBSET_DROP), imm(each.bit()))
            .tolerate(Errno.EINVAL); // the kernel does not know the capability
      }
    }
    program.step("keep capabilities over setuid", Syscall.PRCTL, imm(PR_SET_KEEPCAPS), imm(1));
    program.step(
        "supplementary groups",
        Syscall.SETGROUPS,
        imm(user.additionalGids().size()),
        groups(user.additionalGids()));
    program.step(
        "group " + user.gid(),
        Syscall.SETRESGID,
        imm(user.gid()),
        imm(user.gid()),
        imm(user.gid()));
    program.step(
        "user " + user.uid(), Syscall.SETRESUID, imm(user.uid()), imm(user.uid()), imm(user.uid()));
    Integer umask = user.umask();
    program.step("umask", Syscall.UMASK, imm(umask == null ? DEFAULT_UMASK : umask));
    sets(capabilities, available, administers ? Capability.CAP_SYS_ADMIN.mask() & available : 0);
  }

  /**
   * Leaves the capabilities that an execve would leave, for an init, which executes nothing: those
   * of the container for root, and the ambient ones for other users. What {@link #identity} has
   * kept for the filter of system calls goes, too.
   */
  void initCapabilities(Spec.User user, Spec.Capabilities capabilities, long available) {
    long ambient = mask(capabilities.ambient()) & available;
    boolean root = user.uid() == 0;
    setCapabilities(
        root ? mask(capabilities.effective()) & available : ambient,
        root ? mask(capabilities.permitted()) & available : ambient,
        (mask(capabilities.inheritable()) & available) | ambient);
  }

  private void sets(Spec.Capabilities capabilities, long available, long kept) {
    long effective = (mask(capabilities.effective()) & available) | kept;
    long permitted = (mask(capabilities.permitted()) & available) | kept;
    long ambient = mask(capabilities.ambient()) & available;
    long inheritable = (mask(capabilities.inheritable()) & available) | ambient;
    setCapabilities(effective, permitted, inheritable);
    program.step(
        "clear ambient capabilities",
        Syscall.PRCTL,
        imm(PR_CAP_AMBIENT),
        imm(PR_CAP_AMBIENT_CLEAR_ALL));
    for (Capability each : Capability.all()) {
      if ((ambient & each.mask()) != 0) {
        program.step(
            "ambient " + each,
            Syscall.PRCTL,
            imm(PR_CAP_AMBIENT),
            imm(PR_CAP_AMBIENT_RAISE),
            imm(each.bit()));
      }
    }
  }

  /** Drops all capabilities of a process that will never execute another program. */
  void noCapabilities() {
    setCapabilities(0, 0, 0);
  }

  void setCapabilities(long effective, long permitted, long inheritable) {
    program.step(
        "capabilities",
        Syscall.CAPSET,
        program.words("version 3, self", Integer.toUnsignedLong(LINUX_CAPABILITY_VERSION_3)),
        program.words(
            "{effective=0x%x, permitted=0x%x, inheritable=0x%x}"
                .formatted(effective, permitted, inheritable),
            low(effective) | low(permitted) << 32,
            low(inheritable) | high(effective) << 32,
            high(permitted) | high(inheritable) << 32));
  }

  void noNewPrivileges() {
    program.step("no new privileges", Syscall.PRCTL, imm(PR_SET_NO_NEW_PRIVS), imm(1));
  }

  /**
   * Closes all descriptors but the standard ones and the error pipe, which the execve of the
   * command closes.
   */
  void closeRest() {
    String purpose = "close descriptors";
    program
        .step(purpose, Syscall.DUP3, reg(Register.ERROR_PIPE), imm(3), imm(O_CLOEXEC))
        .into(Register.ERROR_PIPE)
        .tolerate(Errno.EINVAL); // the error pipe is descriptor 3 already
    program.step(purpose, Syscall.CLOSE_RANGE, imm(4), imm(0xffffffffL), imm(0));
  }

  /**
   * Loads the seccomp filter. Only {@link #execute}, and what an init needs, may come after this
   * step, so that a profile need not allow the system calls of a launch.
   */
  void filter(Filter filter) {
    Arg instructions = program.struct("…", filter.instructions());
    program.step(
        "load the filter of system calls",
        Syscall.SECCOMP,
        imm(SECCOMP_SET_MODE_FILTER),
        imm(filter.flags()),
        // struct sock_fprog
        program.words(
            "{len=" + filter.count() + "}", filter.count(), ProgramBuilder.address(instructions)));
  }

  /** Must be the last step: runs the command, or fails with the last error of the search for it. */
  void execute(List<String> args, List<String> env) {
    Arg argv = program.pointers(shown(args), args);
    Arg envp = program.pointers("env[" + env.size() + "]", env); // never printed: may hold secrets
    List<String> candidates = candidates(args.getFirst(), env);
    for (int i = 0; i < candidates.size(); i++) {
      boolean last = i == candidates.size() - 1;
      ProgramBuilder.StepBuilder step =
          program.step(
              "run the command", Syscall.EXECVE, program.string(candidates.get(i)), argv, envp);
      if (!last) {
        step.tolerate(Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES);
      }
    }
  }

  /** What execve(2) counts: each string with its zero byte, and a pointer to it. */
  static long commandBytes(Spec.Process process) {
    return Stream.concat(process.args().stream(), process.env().stream())
        .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length + 1L + Long.BYTES)
        .sum();
  }

  /** The files that execvp(3) would try to execute. */
  private static List<String> candidates(String command, List<String> env) {
    if (command.contains("/")) {
      return List.of(command);
    }
    List<String> candidates = new ArrayList<>();
    for (String variable : env) {
      if (variable.startsWith("PATH=")) {
        for (String directory : variable.substring("PATH=".length()).split(":", -1)) {
          if (directory.startsWith("/")) {
            candidates.add(directory + "/" + command);
          }
        }
      }
    }
    // Without a PATH, a file that cannot exist leads to the right error, "not found".
    return candidates.isEmpty() ? List.of("/nonexistent/" + command) : candidates;
  }

  private static String shown(List<String> args) {
    return "argv[" + args.size() + "]";
  }

  private Arg groups(List<Integer> gids) {
    ByteBuffer bytes = ByteBuffer.allocate(gids.size() * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int gid : gids) {
      bytes.putInt(gid);
    }
    return program.struct(gids.toString(), bytes.array());
  }

  private static long mask(List<String> names) {
    long mask = 0;
    for (String name : names) {
      mask |=
          Capability.named(name)
              .orElseThrow(() -> new IllegalArgumentException("there is no capability " + name))
              .mask();
    }
    return mask;
  }

  private static long low(long mask) {
    return mask & 0xffffffffL;
  }

  private static long high(long mask) {
    return mask >>> 32;
  }
}
