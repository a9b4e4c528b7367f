package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_SYMLINK_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNS;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUSER;
import static io.jukung.linux.libc.CloneFlags.CLONE_PARENT;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.spec.Spec;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps that a pod's user namespace adds to a launch. Everything that needs the host's
 * privileges (id-mapped mounts, device nodes, hard limits) is done before the user namespace is
 * joined, with the host's ids. The container's pid, mount and cgroup namespaces are made after it
 * is joined, so that the user namespace owns them.
 */
final class UserNamespaceSteps {

  private final ProgramBuilder program;
  private final String path;
  private final IdMappings ids;
  private final long hostCapabilities;

  /**
   * Steps for this program.
   *
   * @param path the file to which the user namespace is pinned
   * @param hostCapabilities the capabilities of the shim
   */
  UserNamespaceSteps(ProgramBuilder program, String path, IdMappings ids, long hostCapabilities) {
    this.program = program;
    this.path = path;
    this.ids = ids;
    this.hostCapabilities = hostCapabilities;
  }

  void open(int register) {
    program
        .step(
            "open the pod's user namespace",
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string(path),
            imm(O_CLOEXEC))
        .into(register);
  }

  /** Joins the user namespace. The process then has all capabilities in it and none outside. */
  void join() {
    open(MountSteps.USERS);
    String purpose = "join the pod's user namespace";
    program.step(purpose, Syscall.SETNS, reg(MountSteps.USERS), imm(CLONE_NEWUSER));
    program.step("close", Syscall.CLOSE, reg(MountSteps.USERS)).clears(MountSteps.USERS);
  }

  /** Makes a pid namespace and continues in a fork, which is the first process of the namespace. */
  void newPidNamespace() {
    program.step("own pid namespace", Syscall.UNSHARE, imm(CLONE_NEWPID));
    program.step("fork into the pid namespace", Syscall.CLONE, imm(CLONE_PARENT)).forks();
  }

  void newMountNamespace() {
    program.step("own mount namespace", Syscall.UNSHARE, imm(CLONE_NEWNS));
  }

  /** The options of a new file system with ids converted to the host's. */
  List<String> options(Spec.Mount mount, List<String> options) {
    return switch (mount.type()) {
      case "tmpfs" -> {
        List<String> owned = new ArrayList<>(options);
        owned.add("uid=" + ids.users().firstHostId());
        owned.add("gid=" + ids.groups().firstHostId());
        yield owned;
      }
      case "devpts" -> options.stream().flatMap(each -> terminalGroup(each).stream()).toList();
      default -> options;
    };
  }

  /** Without this group in the user namespace, only its owner can use a terminal. */
  private List<String> terminalGroup(String option) {
    if (!option.startsWith("gid=")) {
      return List.of(option);
    }
    long gid = Long.parseLong(option.substring("gid=".length()));
    return ids.groups().contains(gid) ? List.of("gid=" + ids.groups().toHost(gid)) : List.of();
  }

  /** Makes the namespace's root the owner of a file system that has no mount option for this. */
  void ownFileSystem(Spec.Mount mount, int register) {
    String purpose = "own " + mount.destination();
    switch (mount.type()) {
      case "mqueue" -> own(purpose, register, "", AT_EMPTY_PATH);
      case "devpts" -> {
        own(purpose, register, "", AT_EMPTY_PATH);
        own(purpose, register, "ptmx", AT_SYMLINK_NOFOLLOW);
      }
      default -> {}
    }
  }

  private void own(String purpose, int register, String name, long flags) {
    program.step(
        purpose,
        Syscall.FCHOWNAT,
        reg(register),
        program.string(name),
        imm(ids.users().firstHostId()),
        imm(ids.groups().firstHostId()),
        imm(flags));
  }

  /**
   * Makes files that later steps create belong to the namespace's root. On an id-mapped mount no
   * host user can create files.
   */
  void actAsRoot() {
    String purpose = "make files as root of the user namespace";
    program.step(purpose, Syscall.SETFSGID, imm(ids.groups().firstHostId()));
    program.step(purpose, Syscall.SETFSUID, imm(ids.users().firstHostId()));
    // Leaving file system uid 0 has removed the capabilities that concern files.
    new ProcessSteps(program).setCapabilities(hostCapabilities, hostCapabilities, 0);
  }

  void actAsHost() {
    String purpose = "make files as root of the host";
    program.step(purpose, Syscall.SETFSUID, imm(0));
    program.step(purpose, Syscall.SETFSGID, imm(0));
  }

  /** Becomes the namespace's root. For a process for which no user is configured. */
  void becomeRoot() {
    String purpose = "become root of the user namespace";
    program.step(purpose, Syscall.SETGROUPS, imm(0), imm(0));
    program.step(purpose, Syscall.SETRESGID, imm(0), imm(0), imm(0));
    program.step(purpose, Syscall.SETRESUID, imm(0), imm(0), imm(0));
  }
}
