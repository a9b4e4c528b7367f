package io.jukung.runtime.launch;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWCGROUP;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWIPC;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNET;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNS;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUTS;

import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.runtime.call.NodeProgram;
import io.jukung.runtime.spec.Hooks;
import io.jukung.runtime.spec.Spec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The steps by which a launch waits for hooks, and those by which a hook joins a launch that waits.
 * The process that waits is the other end of a socket, so that it cannot wait for a daemon that is
 * gone.
 */
public final class HookSteps {
  /** The socket, in the container's directory on the node. */
  public static final String SOCKET = "hooks.sock";

  private static final int CONNECTION = Register.FIRST_FREE + 9;
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 0x80001;

  private final ProgramBuilder program;

  HookSteps(ProgramBuilder program) {
    this.program = program;
  }

  /** Connects to the daemon, while the node's files are in sight. */
  void connect(Path directory) {
    byte[] name = SOCKET.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer address = ByteBuffer.allocate(2 + name.length + 1).order(ByteOrder.LITTLE_ENDIAN);
    address.putShort((short) AF_UNIX).put(name);
    String purpose = "connect to the daemon, which runs the hooks";
    program
        .step(purpose, Syscall.SOCKET, imm(AF_UNIX), imm(SOCK_STREAM_CLOEXEC), imm(0))
        .into(CONNECTION);
    // The address of a socket has 108 bytes, too few for some directories.
    program.step(purpose, Syscall.CHDIR, program.string(directory.toString()));
    program.step(
        purpose,
        Syscall.CONNECT,
        reg(CONNECTION),
        program.struct("{AF_UNIX, \"" + SOCKET + "\"}", address.array()),
        imm(address.capacity()));
    program.step(purpose, Syscall.CHDIR, program.string("/"));
  }

  /** Tells the daemon that hooks may run, and waits until they have. */
  void await(String moment) {
    String purpose = "wait for the hooks " + moment;
    program.step(purpose, Syscall.WRITE, reg(CONNECTION), program.string("?"), imm(1)).expect(1);
    program
        .step(purpose, Syscall.READ, reg(CONNECTION), program.words("buffer", 0), imm(1))
        .expect(1);
  }

  void disconnect() {
    program.step("close", Syscall.CLOSE, reg(CONNECTION)).clears(CONNECTION);
  }

  /** A hook that runs in the daemon's namespaces. */
  public static Program onNode(Hooks.Hook hook) {
    ProgramBuilder program = new ProgramBuilder();
    inheritStandard(program);
    NodeProgram.execute(program, hook.path(), hook.argv(), hook.env());
    return program.build();
  }

  /**
   * A hook that runs in the namespaces of the launch whose pidfd is in {@link Register#TARGET}, and
   * sees the node's files. It does not enter a pid namespace that has processes already: one of
   * them that may trace others would have the rights of the hook, which are those of root on the
   * node.
   */
  public static Program inNamespaces(Spec spec, Hooks.Hook hook) {
    ProgramBuilder program = new ProgramBuilder();
    inheritStandard(program).inherit(Register.TARGET);
    ProcessSteps steps = new ProcessSteps(program);
    steps.hide();
    List<Spec.Namespace> empty =
        spec.linux().namespaces().stream()
            .filter(each -> !each.type().equals("pid") || each.path() == null)
            .toList();
    if (join(program, empty)) {
      steps.enterPidNamespace();
    }
    NodeProgram.execute(program, hook.path(), hook.argv(), hook.env());
    return program.build();
  }

  /**
   * Joins the namespaces of the target. The pid namespace is that which the container is about to
   * enter; the process has to fork to be in it.
   *
   * @return whether there is such a pid namespace
   */
  static boolean join(ProgramBuilder program, List<Spec.Namespace> namespaces) {
    new NamespaceSteps(program).joinPid(namespaces); // by path, which is one of the node
    Spec.Namespace pid = NamespaceSteps.named(namespaces, "pid");
    boolean ownPid = pid != null && pid.path() == null;
    program.step(
        "join the namespaces of the launch",
        Syscall.SETNS,
        reg(Register.TARGET),
        imm(
            CLONE_NEWNS
                | CLONE_NEWNET
                | CLONE_NEWIPC
                | CLONE_NEWUTS
                | CLONE_NEWCGROUP
                | (ownPid ? CLONE_NEWPID : 0)));
    program.step("close", Syscall.CLOSE, reg(Register.TARGET)).clears(Register.TARGET);
    return pid != null;
  }

  private static ProgramBuilder inheritStandard(ProgramBuilder program) {
    return program.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
  }
}
