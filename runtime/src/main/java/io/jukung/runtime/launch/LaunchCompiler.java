package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_SYMLINKS;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWCGROUP;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWIPC;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNET;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNS;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUSER;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUTS;
import static io.jukung.linux.terminal.Pty.TIOCGPTPEER;
import static io.jukung.linux.terminal.Pty.TIOCSPTLCK;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.linux.probe.ProcOfNamespace;
import io.jukung.linux.seccomp.Filter;
import io.jukung.runtime.call.NodeProgram;
import io.jukung.runtime.spec.Hooks;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compiles an OCI specification to a launch. A launch is what other runtimes do in code between
 * fork and exec, as data that can be printed and tested.
 *
 * <p>The prepare program runs where host paths are visible, and makes every mount but two: proc
 * belongs to the new pid namespace, and cgroup2 to the new cgroup namespace, so the confine program
 * mounts these. Thread-safe.
 */
public final class LaunchCompiler {
  private static final Path USUAL_CGROUP_MOUNT = Path.of("/sys/fs/cgroup");

  private static final int MASK = Register.FIRST_FREE + 4;
  private static final int TERMINAL = Register.FIRST_FREE + 5;
  private static final int NULL = Register.FIRST_FREE + 7;

  private static final long O_RDWR_NOCTTY = OpenFlags.O_RDWR | OpenFlags.O_NOCTTY;

  private final Path rootMountPoint;
  private final Path maskMountPoint;
  private final Path cgroupMount;
  private final long availableCapabilities;
  private final SeccompFilters filters;

  /**
   * A compiler for this host.
   *
   * @param mountPoints an existing directory with the two empty directories {@code rootfs} and
   *     {@code mask}; every launch mounts there, in a mount namespace of its own
   * @param cgroupMount the directory where cgroup v2 is mounted
   * @param availableCapabilities the daemon's own permitted set: no container can have more
   * @param filters compiles seccomp profiles
   */
  public LaunchCompiler(
      Path mountPoints, Path cgroupMount, long availableCapabilities, SeccompFilters filters) {
    this.rootMountPoint = mountPoints.resolve("rootfs");
    this.maskMountPoint = mountPoints.resolve("mask");
    this.cgroupMount = cgroupMount;
    this.availableCapabilities = availableCapabilities;
    this.filters = filters;
  }

  /**
   * The launch of a container's first process.
   *
   * @param stdin whether the standard input is a pipe, which then becomes the container user's;
   *     otherwise it is /dev/null
   */
  public CompiledLaunch container(Spec spec, Overlay overlay, boolean stdin) throws IOException {
    return container(spec, overlay, stdin, null);
  }

  /**
   * As {@link #container(Spec, Overlay, boolean)}, of a launch that waits for the container's
   * hooks.
   *
   * @param hooks the directory of the socket on which the daemon runs the hooks; null: none
   */
  public CompiledLaunch container(Spec spec, Overlay overlay, boolean stdin, @Nullable Path hooks)
      throws IOException {
    ProgramBuilder prepare = new ProgramBuilder();
    prepareContainer(prepare, spec, overlay);
    ProgramBuilder confine = new ProgramBuilder();
    confineContainer(confine, spec, stdin, hooks);
    return new CompiledLaunch(
        prepare.build(),
        confine.build(),
        // The process gets another mount namespace, because pivot_root(2) also changes the root of
        // every thread that has the replaced root. In a pod with a user namespace the confine
        // program makes the new mount namespace, so that the user namespace owns it.
        spec.linux().ids().isPresent() ? 0 : CLONE_NEWNS | (hasNewPid(spec) ? CLONE_NEWPID : 0),
        cgroup(spec.linux().cgroupsPath()),
        spec.process().args().getFirst(),
        ProcessSteps.commandBytes(spec.process()));
  }

  /**
   * The launch of another process in a running container. The shim puts the container's pidfd into
   * {@link Register#TARGET}. With a terminal, all three standard descriptors are its slave.
   *
   * @param linux the Linux part of the container's specification
   * @param cgroupsPath the exec's own cgroup, below the cgroup v2 mount
   * @param stdin as for {@link #container}
   */
  public CompiledLaunch exec(
      Spec.Process process, Spec.Linux linux, String cgroupsPath, boolean stdin)
      throws IOException {
    ProgramBuilder confine = new ProgramBuilder();
    inheritStandard(confine).inherit(Register.TARGET);
    ProcessSteps steps = new ProcessSteps(confine);
    steps.hide();
    steps.everyProcessor();
    oomScore(steps, process);
    steps.labels(process.apparmorProfile(), process.selinuxLabel());
    steps.rlimits(process.rlimits());
    if (process.terminal()) {
      steps.ownTerminal(Register.STDIN, hostUser(process, linux.ids()));
    } else {
      steps.ownPipes(hostUser(process, linux.ids()), stdin);
    }
    long user = linux.ids().isPresent() ? CLONE_NEWUSER : 0;
    confine.step(
        "join the namespaces",
        Syscall.SETNS,
        reg(Register.TARGET),
        imm(
            user
                | CLONE_NEWNS
                | CLONE_NEWNET
                | CLONE_NEWIPC
                | CLONE_NEWUTS
                | CLONE_NEWCGROUP
                | CLONE_NEWPID));
    confine.step("close", Syscall.CLOSE, reg(Register.TARGET)).clears(Register.TARGET);
    become(steps, process, linux.seccomp(), Register.STDIN, Entry.JOINS_PROCESSES, false);
    return new CompiledLaunch(
        new ProgramBuilder().build(),
        confine.build(),
        0,
        cgroup(cgroupsPath),
        process.args().getFirst(),
        ProcessSteps.commandBytes(process));
  }

  /**
   * The program of a startContainer hook: a program of the container that runs in it, with the user
   * and the rights of the container's own program but CAP_SYS_PTRACE, while the launch waits whose
   * pidfd is in {@link Register#TARGET}.
   */
  public Program startHook(Spec spec, Hooks.Hook hook) throws IOException {
    ProgramBuilder confine = new ProgramBuilder();
    inheritStandard(confine).inherit(Register.TARGET);
    Spec.Process process = spec.process().ofHook(hook);
    ProcessSteps steps = new ProcessSteps(confine);
    steps.hide();
    steps.everyProcessor();
    oomScore(steps, spec.process());
    steps.labels(process.apparmorProfile(), process.selinuxLabel());
    steps.rlimits(process.rlimits());
    boolean forks = HookSteps.join(confine, spec.linux().namespaces());
    become(
        steps,
        process,
        spec.linux().seccomp(),
        Register.STDIN,
        forks ? Entry.JOINS_PROCESSES : Entry.IS_IN,
        false);
    return confine.build();
  }

  /**
   * The launch of the reaper, which is PID 1 of the pid namespace that a pod's containers share.
   * The reaper only reaps orphans and ends on SIGTERM. A container that may trace it gains nothing:
   * the reaper is in the pod's namespaces, on an empty root, without capabilities.
   *
   * @param pod the namespaces of the pod
   * @param ids the mappings of the pod's user namespace
   */
  public CompiledLaunch reaper(
      List<Spec.Namespace> pod, Optional<IdMappings> ids, String cgroupsPath) {
    ProgramBuilder prepare = new ProgramBuilder();
    NamespaceSteps namespaces = new NamespaceSteps(prepare);
    namespaces.ownMounts();
    MountSteps mounts = new MountSteps(prepare);
    mounts.detachFromHost();
    namespaces.joinPod(pod);
    mounts.mask(maskMountPoint, MASK);
    ProgramBuilder confine = new ProgramBuilder();
    ProcessSteps steps = new ProcessSteps(confine);
    steps.hide();
    steps.everyProcessor();
    confine.step(
        "set the process name",
        Syscall.PRCTL,
        imm(15 /* PR_SET_NAME */),
        confine.string("jukung-reaper"));
    Optional<UserNamespaceSteps> users = users(confine, pod, ids);
    if (users.isPresent()) {
      users.get().join();
      users.get().newPidNamespace();
      users.get().newMountNamespace();
    }
    RootSteps root = new RootSteps(confine);
    root.open(maskMountPoint, MountSteps.ROOT);
    if (users.isPresent()) {
      new MountSteps(confine).unlockRoot(maskMountPoint);
      users.get().becomeRoot();
    }
    root.pivot();
    root.leaveHost();
    steps.noNewPrivileges();
    steps.noCapabilities();
    confine.step(
        "reap every child",
        Syscall.RT_SIGACTION,
        imm(17 /* SIGCHLD */),
        confine.words("{handler=SIG_IGN}", 1, 0, 0, 0),
        imm(0),
        imm(8));
    TerminationSteps.untilSigterm(confine);
    return new CompiledLaunch(
        prepare.build(),
        confine.build(),
        users.isPresent() ? 0 : CLONE_NEWNS | CLONE_NEWPID,
        cgroup(cgroupsPath),
        "reaper",
        0);
  }

  /**
   * A command line of a runtime of the OCI, such as runc.
   *
   * @param words the program and its arguments
   * @param directory the working directory
   */
  public record RuntimeCommand(List<String> words, List<String> environment, Path directory) {}

  /**
   * The launch of a runtime of the OCI, which is to start a process of a container.
   *
   * @param files what the runtime finds mounted; null if it is to run another process in the
   *     container
   * @param cgroupsPath the cgroup of the runtime itself, below the cgroup v2 mount; null for that
   *     of the shim
   */
  public CompiledLaunch runtime(
      RuntimeCommand command, @Nullable RuntimeFiles files, @Nullable String cgroupsPath) {
    ProgramBuilder prepare = new ProgramBuilder();
    MountSteps mounts = new MountSteps(prepare, null, files == null ? null : files.label());
    hostOfRuntime(prepare, mounts);
    if (files != null) {
      mounts.overlay(files.root(), rootMountPoint);
      files.volumes().forEach(mounts::volume);
    }
    ProgramBuilder confine = new ProgramBuilder();
    inheritStandard(confine);
    ProcessSteps steps = new ProcessSteps(confine);
    steps.everyProcessor();
    steps.standardPipes();
    enter(confine, command.directory());
    steps.closeRest();
    steps.session();
    steps.execute(command.words(), command.environment());
    return new CompiledLaunch(
        prepare.build(),
        confine.build(),
        0,
        cgroupsPath == null ? Path.of("") : cgroup(cgroupsPath),
        command.words().getFirst(),
        0);
  }

  /**
   * The launch of a program that restores the processes of a container, as CRIU does. The program
   * finds the container's root at {@link #rootMountPoint}, the mask of directories at {@link
   * #maskMountPoint}, and each mount but proc at a place of its own. It runs in the network, IPC,
   * UTS and cgroup namespaces and in the cgroup of the container.
   *
   * @param places where the mounts are shown, by their destinations: existing files and directories
   */
  public CompiledLaunch restore(
      Spec spec, Overlay overlay, Map<String, Path> places, RuntimeCommand command) {
    ProgramBuilder prepare = new ProgramBuilder();
    prepareContainer(prepare, spec, overlay);
    ProgramBuilder confine = new ProgramBuilder();
    inheritStandard(confine);
    ProcessSteps steps = new ProcessSteps(confine);
    MountSteps mounts = new MountSteps(confine);
    steps.everyProcessor();
    confine.step("set the umask", Syscall.UMASK, imm(022));
    if (namespace(spec, "cgroup") != null) {
      confine.step("own cgroup namespace", Syscall.UNSHARE, imm(CLONE_NEWCGROUP));
    }
    new RootSteps(confine).open(rootMountPoint, MountSteps.ROOT);
    for (Spec.Mount mount : spec.mounts()) {
      if (isDeferred(mount) && !mount.type().equals("proc")) {
        mounts.mount(mount);
      }
    }
    places.forEach(mounts::show);
    mounts.close(MountSteps.ROOT);
    steps.standardPipes();
    enter(confine, command.directory());
    steps.closeRest();
    steps.session();
    steps.execute(command.words(), command.environment());
    return new CompiledLaunch(
        prepare.build(),
        confine.build(),
        0,
        cgroup(spec.linux().cgroupsPath()),
        command.words().getFirst(),
        0);
  }

  /** Where each launch mounts an empty read-only directory. */
  public Path maskMountPoint() {
    return maskMountPoint;
  }

  /**
   * The program with which the daemon runs a runtime of the OCI to its end. It sees the node as
   * those of the launches do.
   */
  public Program runtime(RuntimeCommand command) {
    ProgramBuilder program = new ProgramBuilder();
    inheritStandard(program);
    hostOfRuntime(program, new MountSteps(program));
    enter(program, command.directory());
    NodeProgram.execute(
        program, command.words().getFirst(), command.words(), command.environment());
    return program.build();
  }

  private static void enter(ProgramBuilder program, Path directory) {
    program.step("enter the bundle", Syscall.CHDIR, program.string(directory.toString()));
  }

  /**
   * The mount namespace of a runtime, which leaves no mount behind. At the usual place is the
   * cgroup hierarchy that jukung uses: where the node has version 1 as well, a runtime would use
   * that.
   */
  private void hostOfRuntime(ProgramBuilder program, MountSteps mounts) {
    new NamespaceSteps(program).ownMounts();
    program.step("set the umask", Syscall.UMASK, imm(022));
    mounts.detachFromHost();
    if (!cgroupMount.equals(USUAL_CGROUP_MOUNT)) {
      mounts.bind(cgroupMount, USUAL_CGROUP_MOUNT);
    }
  }

  /** Where {@link #runtime} mounts the root file system of a container. */
  public Path rootMountPoint() {
    return rootMountPoint;
  }

  /** The capabilities that no container can exceed, as bits. */
  public long availableCapabilities() {
    return availableCapabilities;
  }

  private Path cgroup(String cgroupsPath) {
    return cgroupMount.resolve(cgroupsPath.replaceFirst("^/+", ""));
  }

  private void prepareContainer(ProgramBuilder program, Spec spec, Overlay overlay) {
    Optional<UserNamespaceSteps> users = users(program, spec);
    MountSteps mounts = new MountSteps(program, users.orElse(null), spec.linux().mountLabel());
    NamespaceSteps namespaces = new NamespaceSteps(program);
    namespaces.ownMounts();
    program.step("clear the umask", Syscall.UMASK, imm(0));
    users.ifPresent(each -> each.open(MountSteps.USERS));
    HeldTrees held = HeldTrees.of(spec);
    held.open(mounts);
    mounts.detachFromHost();
    namespaces.joinPod(spec.linux().namespaces());
    mounts.mask(maskMountPoint, MASK);
    mounts.overlay(overlay, rootMountPoint);
    List<String> earlier = new ArrayList<>();
    for (Spec.Mount mount : spec.mounts()) {
      Integer register = held.register(mount);
      if (register != null) {
        mounts.restrictHeld(mount, register);
      }
      if (HeldTrees.isInProc(mount)) {
        continue; // the confine program mounts proc, and then this volume
      }
      mounts.targets().make(mount.destination(), earlier, MountSteps.kind(mount));
      if (!isDeferred(mount)) {
        prepare(mounts, mount, register);
        earlier.add(mount.destination());
        if (isFreshDev(mount)) {
          new DeviceSteps(program, mounts).populate(spec.linux().devices());
        }
      }
    }
    if (spec.process().terminal()) {
      openTerminal(program, mounts, earlier);
      new ProcessSteps(program).ownTerminal(TERMINAL, hostUser(spec.process(), spec.linux().ids()));
    }
    mounts.targets().make(spec.process().cwd(), earlier, TargetSteps.Kind.DIRECTORY);
    if (entry(spec) == Entry.IS_IN) {
      namespaces.joinPid(spec.linux().namespaces());
    }
  }

  private void prepare(MountSteps mounts, Spec.Mount mount, @Nullable Integer register) {
    Optional<String> part = MountOptions.parse(mount.options()).subdirectory();
    if (register != null) {
      mounts.putHeld(mount, register);
    } else if (part.isPresent() && !mount.type().equals("bind")) {
      mounts.mountPart(mount, part.get(), maskMountPoint);
    } else {
      mounts.mount(mount);
    }
  }

  private static boolean isDeferred(Spec.Mount mount) {
    return switch (mount.type()) {
      case "proc", "cgroup", "cgroup2" -> true;
      default -> false;
    };
  }

  private static boolean isFreshDev(Spec.Mount mount) {
    return mount.destination().equals("/dev") && mount.type().equals("tmpfs");
  }

  /**
   * How the container's first process gets into its pid namespace. If it joins an existing pid
   * namespace, it should be confined before others see it. This needs a kernel that can mount the
   * proc file system of a pid namespace from outside. It is not needed in a user namespace, whose
   * processes cannot trace one that comes from outside.
   */
  private static Entry entry(Spec spec) {
    Spec.Namespace pid = namespace(spec, "pid");
    boolean joins = pid != null && pid.path() != null && spec.linux().ids().isEmpty();
    return joins && ProcOfNamespace.isSupported() ? Entry.JOINS_PROCESSES : Entry.IS_IN;
  }

  /** The mount of proc, bound to the container's pid namespace if the process is not yet in it. */
  private static Spec.Mount ofProcesses(Spec.Mount mount, Spec spec) {
    Spec.Namespace pid = namespace(spec, "pid");
    if (!mount.type().equals("proc") || entry(spec) == Entry.IS_IN || pid == null) {
      return mount;
    }
    List<String> options = new ArrayList<>(mount.options());
    options.add("pidns=" + pid.path());
    return new Spec.Mount(mount.destination(), mount.type(), mount.source(), options);
  }

  private static void openTerminal(
      ProgramBuilder program, MountSteps mounts, List<String> earlierMounts) {
    String purpose = "open a terminal";
    TargetSteps targets = mounts.targets();
    targets.openInRoot(purpose, "/dev/pts/ptmx", O_RDWR_NOCTTY, 0, Register.PTY_MASTER);
    program.step(
        purpose,
        Syscall.IOCTL,
        reg(Register.PTY_MASTER),
        imm(TIOCSPTLCK),
        program.words("unlock", 0));
    program
        .step(
            purpose,
            Syscall.IOCTL,
            reg(Register.PTY_MASTER),
            imm(TIOCGPTPEER),
            imm(O_RDWR_NOCTTY | O_CLOEXEC))
        .into(TERMINAL);
    targets.make("/dev/console", earlierMounts, TargetSteps.Kind.FILE);
    mounts.bindDescriptor("mount the terminal on /dev/console", TERMINAL, "/dev/console");
  }

  private void confineContainer(
      ProgramBuilder program, Spec spec, boolean stdin, @Nullable Path hookDirectory)
      throws IOException {
    inheritStandard(program);
    ProcessSteps steps = new ProcessSteps(program);
    MountSteps mounts = new MountSteps(program);
    Optional<UserNamespaceSteps> users = users(program, spec);
    HeldTrees held = HeldTrees.of(spec);
    held.inherit(program);
    RootSteps root = new RootSteps(program);
    steps.hide();
    steps.everyProcessor();
    HookSteps hooks = new HookSteps(program);
    if (hookDirectory != null) {
      hooks.connect(hookDirectory);
    }
    oomScore(steps, spec.process());
    steps.labels(spec.process().apparmorProfile(), spec.process().selinuxLabel());
    steps.rlimits(spec.process().rlimits());
    if (!spec.process().terminal()) {
      steps.ownPipes(hostUser(spec.process(), spec.linux().ids()), stdin);
    }
    if (entry(spec) == Entry.JOINS_PROCESSES) {
      new NamespaceSteps(program).joinPid(spec.linux().namespaces());
    }
    if (users.isPresent()) {
      users.get().join();
      if (hasNewPid(spec)) {
        users.get().newPidNamespace();
      }
      users.get().newMountNamespace();
    }
    // Opened by path, because the preparing thread's descriptors refer to mounts in that thread's
    // mount namespace, of which this process has a copy.
    root.open(rootMountPoint, MountSteps.ROOT);
    root.open(maskMountPoint, MASK);
    // The host's /dev/null: a volume over /dev could replace the container's own by a link to the
    // very file that must be masked.
    root.open(Path.of("/dev/null"), NULL);
    if (namespace(spec, "cgroup") != null) {
      program.step("own cgroup namespace", Syscall.UNSHARE, imm(CLONE_NEWCGROUP));
    }
    if (users.isPresent()) {
      mounts.unlockRoot(rootMountPoint);
    }
    for (Spec.Mount mount : spec.mounts()) {
      if (isDeferred(mount)) {
        mounts.mount(ofProcesses(mount, spec));
      } else if (HeldTrees.isInProc(mount)) {
        mounts.putHeldInProc(mount, Objects.requireNonNull(held.register(mount)));
      }
    }
    Hooks all = spec.hooks();
    if (hookDirectory != null && all != null && all.hasCreation()) {
      hooks.await("of the creation");
    }
    enterRoot(program, root, mounts, spec);
    if (spec.process().terminal()) {
      openSlave(program);
    }
    if (hookDirectory != null && all != null) {
      if (!all.startContainer().isEmpty()) {
        hooks.await("startContainer");
      }
      hooks.disconnect();
    }
    become(
        steps,
        spec.process(),
        spec.linux().seccomp(),
        TERMINAL,
        entry(spec),
        spec.annotations().containsKey(Spec.INIT));
  }

  private Optional<UserNamespaceSteps> users(ProgramBuilder program, Spec spec) {
    return users(program, spec.linux().namespaces(), spec.linux().ids());
  }

  private Optional<UserNamespaceSteps> users(
      ProgramBuilder program, List<Spec.Namespace> namespaces, Optional<IdMappings> ids) {
    Spec.Namespace user = NamespaceSteps.named(namespaces, "user");
    if (ids.isEmpty() || user == null || user.path() == null) {
      return Optional.empty();
    }
    return Optional.of(
        new UserNamespaceSteps(program, user.path(), ids.get(), availableCapabilities));
  }

  /** The host's id of the user that the process will run as. */
  private static long hostUser(Spec.Process process, Optional<IdMappings> ids) {
    int uid = process.user().uid();
    return ids.map(each -> each.users().toHost(uid)).orElse((long) uid);
  }

  private static boolean hasNewPid(Spec spec) {
    Spec.Namespace pid = namespace(spec, "pid");
    return pid != null && pid.path() == null;
  }

  private static void enterRoot(
      ProgramBuilder program, RootSteps root, MountSteps mounts, Spec spec) {
    MaskSteps masks = new MaskSteps(program, mounts.targets());
    // Before the pivot, because then the host's root covers the container's, and a symbolic link
    // with ".." at the root would lead into it.
    for (String path : spec.linux().readonlyPaths()) {
      masks.readOnly(path);
    }
    for (String path : spec.linux().maskedPaths()) {
      masks.mask(path, MASK, NULL);
    }
    root.pivot();
    root.leaveHost();
    mounts.close(NULL);
    mounts.close(MASK);
    mounts.close(MountSteps.ROOT);
    if (spec.root().readonly()) {
      masks.readOnlyRoot();
    }
  }

  /** Opens the container's terminal. The first terminal of a new devpts instance is number 0. */
  private static void openSlave(ProgramBuilder program) {
    program
        .step(
            "open the terminal",
            Syscall.OPENAT2,
            imm(Fd.AT_FDCWD),
            program.string("/dev/pts/0"),
            TargetSteps.openHow(program, O_RDWR_NOCTTY, RESOLVE_NO_SYMLINKS),
            imm(24))
        .into(TERMINAL);
  }

  /** How a confine program gets into its pid namespace. */
  private enum Entry {
    /** The process is in the namespace from the start. */
    IS_IN,
    /**
     * The program forks into the namespace after it is confined, because processes in the namespace
     * may be allowed to trace it.
     */
    JOINS_PROCESSES
  }

  private void become(
      ProcessSteps steps,
      Spec.Process process,
      Spec.@Nullable Seccomp seccomp,
      int terminal,
      Entry entry,
      boolean init)
      throws IOException {
    Filter filter = seccomp == null ? null : filters.of(seccomp);
    steps.keyring();
    if (process.terminal()) {
      steps.standardTerminal(terminal);
    } else {
      steps.standardPipes();
    }
    steps.workingDirectory(process.cwd());
    // Loading a filter needs CAP_SYS_ADMIN or no_new_privs (seccomp(2)).
    boolean administers = filter != null && !process.noNewPrivileges();
    steps.identity(process.user(), process.capabilities(), availableCapabilities, administers);
    if (process.noNewPrivileges()) {
      steps.noNewPrivileges();
    }
    steps.closeRest();
    if (entry == Entry.JOINS_PROCESSES) {
      steps.enterPidNamespace();
    }
    if (init) {
      if (filter != null) {
        steps.filter(filter);
      }
      steps.initCapabilities(process.user(), process.capabilities(), availableCapabilities);
      steps.underInit();
    }
    steps.session();
    if (process.terminal()) {
      steps.controlTerminal();
    }
    if (filter != null && !init) {
      steps.filter(filter);
    }
    steps.execute(process.args(), process.env());
  }

  private static void oomScore(ProcessSteps steps, Spec.Process process) {
    Integer adjustment = process.oomScoreAdj();
    if (adjustment != null) {
      steps.oomScore(adjustment);
    }
  }

  private static ProgramBuilder inheritStandard(ProgramBuilder program) {
    return program.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
  }

  private static Spec.@Nullable Namespace namespace(Spec spec, String type) {
    return NamespaceSteps.named(spec.linux().namespaces(), type);
  }
}
