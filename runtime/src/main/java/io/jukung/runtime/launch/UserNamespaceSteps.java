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
 * What a user namespace adds to a launch. Everything that takes the host's rights (id-mapped
 * mounts, device nodes, hard limits) is done before it is joined, in the host's ids; the
 * container's pid, mount and cgroup namespaces are made in it, so that they are its own.
 */
final class UserNamespaceSteps {

  private final ProgramBuilder program;
  private final String path;
  private final IdMappings ids;
  private final long hostCapabilities;

  /**
   * Steps for this program.
   *
   * @param path the namespace's pin
   * @param hostCapabilities what the shim has
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

  /** Joins it, with all rights in it and none outside. */
  void join() {
    open(MountSteps.USERS);
    String purpose = "join the pod's user namespace";
    program.step(purpose, Syscall.SETNS, reg(MountSteps.USERS), imm(CLONE_NEWUSER));
    program.step("close", Syscall.CLOSE, reg(MountSteps.USERS)).clears(MountSteps.USERS);
  }

  /** A namespace for the processes to come, of which the program becomes the first. */
  void newPidNamespace() {
    program.step("own pid namespace", Syscall.UNSHARE, imm(CLONE_NEWPID));
    program.step("be its init", Syscall.CLONE, imm(CLONE_PARENT)).forks();
  }

  void newMountNamespace() {
    program.step("own mount namespace", Syscall.UNSHARE, imm(CLONE_NEWNS));
  }

  /** The options of a new file system, which is mounted in the host's ids. */
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

  /** Where the namespace has no such group, terminals are their owner's alone. */
  private List<String> terminalGroup(String option) {
    if (!option.startsWith("gid=")) {
      return List.of(option);
    }
    long gid = Long.parseLong(option.substring("gid=".length()));
    return ids.groups().contains(gid) ? List.of("gid=" + ids.groups().toHost(gid)) : List.of();
  }

  /** Gives a new file system to the namespace's root where no option can. */
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
   * What is made from here on belongs to the namespace's root: on an id-mapped mount nobody else
   * can make anything.
   */
  void actAsRoot() {
    String purpose = "make files as root of the user namespace";
    program.step(purpose, Syscall.SETFSGID, imm(ids.groups().firstHostId()));
    program.step(purpose, Syscall.SETFSUID, imm(ids.users().firstHostId()));
    // Leaving uid 0 has taken those that are about files.
    new ProcessSteps(program).setCapabilities(hostCapabilities, hostCapabilities, 0);
  }

  void actAsHost() {
    String purpose = "make files as root of the host";
    program.step(purpose, Syscall.SETFSUID, imm(0));
    program.step(purpose, Syscall.SETFSGID, imm(0));
  }

  /** For a process that has no user to become. */
  void becomeRoot() {
    String purpose = "become root of the user namespace";
    program.step(purpose, Syscall.SETGROUPS, imm(0), imm(0));
    program.step(purpose, Syscall.SETRESGID, imm(0), imm(0), imm(0));
    program.step(purpose, Syscall.SETRESUID, imm(0), imm(0), imm(0));
  }
}
