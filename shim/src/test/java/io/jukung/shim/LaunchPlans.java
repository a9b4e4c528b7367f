package io.jukung.shim;

import static io.jukung.linux.fs.Fd.CLOSE_RANGE_CLOEXEC;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUTS;
import static io.jukung.linux.terminal.Pty.TIOCGPTPEER;
import static io.jukung.linux.terminal.Pty.TIOCSPTLCK;

import com.google.protobuf.ByteString;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.shim.v1.LaunchPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Simple launch plans for commands of the host. */
final class LaunchPlans {
  private static final long O_RDWR_NOCTTY_CLOEXEC =
      OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
  private static final long TIOCSCTTY = 0x540e;
  private static final int SLAVE = Register.FIRST_FREE;

  private LaunchPlans() {}

  /** A command in a pid namespace of its own, with pipes. */
  static LaunchPlan.Builder command(String... command) {
    return plan(Program.empty(), withPipes(new ProgramBuilder(), command));
  }

  static LaunchPlan.Builder shell(String script) {
    return command("/bin/sh", "-c", script);
  }

  /** A plan whose data is sent in a file, and the data. */
  record WithData(LaunchPlan.Builder plan, byte[] data) {}

  /** A command with an environment of so many variables with 1 000 bytes. */
  static WithData environment(int variables, String... command) {
    ProgramBuilder confine = new ProgramBuilder();
    for (int standard = 0; standard < 3; standard++) {
      confine.inherit(standard);
      confine.step("stdio", Syscall.DUP3, reg(standard), imm(standard), imm(0));
    }
    List<String> environment = new ArrayList<>();
    for (int i = 0; i < variables; i++) {
      String name = "VARIABLE_" + i + "=";
      environment.add(name + "x".repeat(1000 - name.length()));
    }
    confine.step(
        "run the command",
        Syscall.EXECVE,
        confine.string(command[0]),
        confine.pointers("argv", List.of(command)),
        confine.pointers("envp", environment));
    byte[] encoded = confine.build().encode(Arch.CURRENT);
    int offset = Program.dataOffset(encoded);
    LaunchPlan.Builder plan =
        plan(Program.empty(), Program.empty())
            .setConfine(ByteString.copyFrom(encoded, 0, offset))
            .setDataInDescriptor(true);
    return new WithData(plan, Arrays.copyOfRange(encoded, offset, encoded.length));
  }

  /** A shell in the shim's pid namespace. */
  static LaunchPlan.Builder hostPidShell(String script) {
    return shell(script).setCloneFlags(0);
  }

  /** A shell that has joined the UTS namespace of the target. */
  static LaunchPlan.Builder joiningShell(String script) {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step("join", Syscall.SETNS, reg(Register.TARGET), imm(CLONE_NEWUTS));
    return plan(prepare.build(), withPipes(new ProgramBuilder(), "/bin/sh", "-c", script))
        .setCloneFlags(0);
  }

  /** A shell in a UTS namespace of its own, whose host name it sets first. */
  static LaunchPlan.Builder namedShell(String hostName, String script) {
    ProgramBuilder confine = new ProgramBuilder();
    confine.step("name", Syscall.SETHOSTNAME, confine.string(hostName), imm(hostName.length()));
    return plan(Program.empty(), withPipes(confine, "/bin/sh", "-c", script))
        .setCloneFlags(CLONE_NEWPID | CLONE_NEWUTS);
  }

  static LaunchPlan.Builder terminalShell(String script) {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare
        .step(
            "open a terminal",
            Syscall.OPENAT,
            imm(-100),
            prepare.string("/dev/ptmx"),
            imm(O_RDWR_NOCTTY_CLOEXEC))
        .into(Register.PTY_MASTER);
    prepare.step(
        "unlock it",
        Syscall.IOCTL,
        reg(Register.PTY_MASTER),
        imm(TIOCSPTLCK),
        prepare.struct("0", new byte[8]));
    prepare
        .step(
            "open its slave",
            Syscall.IOCTL,
            reg(Register.PTY_MASTER),
            imm(TIOCGPTPEER),
            imm(O_RDWR_NOCTTY_CLOEXEC))
        .into(SLAVE);
    ProgramBuilder confine = new ProgramBuilder();
    confine.inherit(SLAVE);
    confine.step("own session", Syscall.SETSID);
    confine.step("controlling terminal", Syscall.IOCTL, reg(SLAVE), imm(TIOCSCTTY), imm(0));
    for (int standard = 0; standard < 3; standard++) {
      confine.step("stdio", Syscall.DUP3, reg(SLAVE), imm(standard), imm(0));
    }
    return plan(prepare.build(), execute(confine, "/bin/sh", "-c", script));
  }

  static LaunchPlan.Builder failingPrepare() {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step("fine", Syscall.GETPID);
    prepare.step("not fine", Syscall.CHDIR, prepare.string("/proc/nonexistent"));
    return plan(prepare.build(), withPipes(new ProgramBuilder(), "/bin/true"));
  }

  static LaunchPlan.Builder plan(Program prepare, Program confine) {
    return LaunchPlan.newBuilder()
        .setPrepare(ByteString.copyFrom(prepare.encode(Arch.CURRENT)))
        .setConfine(ByteString.copyFrom(confine.encode(Arch.CURRENT)))
        .setCloneFlags(CLONE_NEWPID);
  }

  private static Program withPipes(ProgramBuilder confine, String... command) {
    for (int standard = 0; standard < 3; standard++) {
      confine.inherit(standard);
      confine.step("stdio", Syscall.DUP3, reg(standard), imm(standard), imm(0));
    }
    return execute(confine, command);
  }

  private static Program execute(ProgramBuilder confine, String... command) {
    // Not closed at once: the error pipe must live until the execve.
    confine.step(
        "close the rest on exec",
        Syscall.CLOSE_RANGE,
        imm(3),
        imm(0xffffffffL),
        imm(CLOSE_RANGE_CLOEXEC));
    confine.step(
        "run the command",
        Syscall.EXECVE,
        confine.string(command[0]),
        confine.pointers("argv", List.of(command)),
        confine.pointers("envp", List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin")));
    return confine.build();
  }
}
