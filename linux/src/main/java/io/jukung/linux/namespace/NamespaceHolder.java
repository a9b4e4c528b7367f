package io.jukung.linux.namespace;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.net.RouteNetlink.IFF_UP;
import static io.jukung.linux.process.CurrentProcess.PR_SET_DUMPABLE;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.launch.Step;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Children;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Set;

/**
 * A process that creates a user namespace and the other namespaces of a pod, which the user
 * namespace owns, and keeps them until they are pinned. A JVM cannot do this itself: unshare(2) of
 * a user namespace requires a process with one thread.
 *
 * <pre>
 *   holder: unshare ── "unshared" ──► daemon: uid_map, gid_map
 *           become root ◄── "mapped" ─┘
 *           host name, loopback, sysctls, then waits for the end of the gate
 * </pre>
 *
 * The holder writes the sysctls, because only root of the user namespace may write those of its IPC
 * namespace, not root of the host.
 */
final class NamespaceHolder implements AutoCloseable {
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM_CLOEXEC = 0x80002;
  private static final int SIOCSIFFLAGS = 0x8914;
  private static final int IFREQ_SIZE = 40;
  private static final int IFREQ_FLAGS = 16;
  private static final int SCRATCH = Register.FIRST_FREE;
  private static final int READY = Register.FIRST_FREE + 1;

  private final Launcher.Launched process;
  private final Pipe gate;

  private NamespaceHolder(Launcher.Launched process, Pipe gate) {
    this.process = process;
    this.gate = gate;
  }

  /** Starts the process. When this method returns, the namespaces are complete. */
  static NamespaceHolder start(NamespacePins.Request request, IdMappings ids) throws IOException {
    Program program = program(request);
    Pipe gate = Pipe.open();
    try (Pipe unshared = Pipe.open()) {
      long[] registers = Launcher.noRegisters();
      registers[Register.GATE] = gate.reader().number();
      registers[READY] = unshared.writer().number();
      Launcher.Launched process =
          Launcher.launch(
              new Launcher.Request(
                  Program.empty().encode(Arch.CURRENT),
                  program.encode(Arch.CURRENT),
                  0,
                  null,
                  registers),
              pid -> {
                unshared.writer().close();
                map(pid, ids, unshared.reader(), gate.writer());
              });
      return new NamespaceHolder(process, gate);
    } catch (LaunchFailure e) {
      gate.close();
      throw explain(program, e);
    } catch (IOException | RuntimeException e) {
      gate.close();
      throw e;
    }
  }

  private static void map(int pid, IdMappings ids, Fd unshared, Fd gate) throws IOException {
    if (unshared.read(new byte[1], 0, 1) == 0) {
      return; // a step has failed; the launch reports it
    }
    write(Path.of("/proc", Integer.toString(pid), "uid_map"), ids.users().map());
    write(Path.of("/proc", Integer.toString(pid), "gid_map"), ids.groups().map());
    gate.write(new byte[1]);
  }

  private static void write(Path file, String map) throws IOException {
    try {
      Files.writeString(file, map, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException("write \"" + map + "\" to " + file + ": " + e.getMessage(), e);
    }
  }

  private static Program program(NamespacePins.Request request) {
    ProgramBuilder program = new ProgramBuilder().inherit(Register.GATE).inherit(READY);
    program.step("hide from tracers", Syscall.PRCTL, imm(PR_SET_DUMPABLE), imm(0));
    Set<Namespace> kinds = EnumSet.of(Namespace.USER);
    kinds.addAll(request.kinds());
    program.step("own namespaces", Syscall.UNSHARE, imm(Namespace.cloneFlags(kinds)));
    program.step("unshared", Syscall.WRITE, reg(READY), program.string("u"), imm(1));
    program
        .step(
            "wait for the maps", Syscall.READ, reg(Register.GATE), program.words("byte", 0), imm(1))
        .expect(1);
    program.step("become its root", Syscall.SETRESGID, imm(0), imm(0), imm(0));
    program.step("become its root", Syscall.SETRESUID, imm(0), imm(0), imm(0));
    if (request.hostname().isPresent()) {
      String name = request.hostname().get();
      program.step("host name", Syscall.SETHOSTNAME, program.string(name), imm(utf8Length(name)));
    }
    if (request.kinds().contains(Namespace.NETWORK)) {
      raiseLoopback(program);
    }
    for (Sysctl sysctl : request.sysctls()) {
      if (!sysctl.isOfInterface()) {
        write(program, sysctl);
      }
    }
    program.step("made", Syscall.CLOSE, reg(Register.ERROR_PIPE)).clears(Register.ERROR_PIPE);
    program.step(
        "wait for the pins", Syscall.READ, reg(Register.GATE), program.words("", 0), imm(1));
    program.step("end", Syscall.EXIT_GROUP, imm(0));
    return program.build();
  }

  /**
   * Raises the loopback device by one ioctl (netdevice(7)); rtnetlink would need several messages.
   */
  private static void raiseLoopback(ProgramBuilder program) {
    String purpose = "raise the loopback device";
    byte[] ifreq = new byte[IFREQ_SIZE];
    ifreq[0] = 'l';
    ifreq[1] = 'o';
    ByteBuffer.wrap(ifreq).order(ByteOrder.nativeOrder()).putShort(IFREQ_FLAGS, (short) IFF_UP);
    program
        .step(purpose, Syscall.SOCKET, imm(AF_INET), imm(SOCK_DGRAM_CLOEXEC), imm(0))
        .into(SCRATCH);
    program.step(
        purpose,
        Syscall.IOCTL,
        reg(SCRATCH),
        imm(SIOCSIFFLAGS),
        program.struct("{lo, IFF_UP}", ifreq));
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
  }

  private static void write(ProgramBuilder program, Sysctl sysctl) {
    String purpose = "sysctl " + sysctl.name() + "=" + sysctl.value();
    program
        .step(
            purpose,
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string(sysctl.file().toString()),
            imm(OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC))
        .into(SCRATCH);
    program.step(
        purpose,
        Syscall.WRITE,
        reg(SCRATCH),
        program.string(sysctl.value()),
        imm(utf8Length(sysctl.value())));
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static IOException explain(Program program, LaunchFailure failure) {
    if (failure.step() < 0 || failure.step() >= program.steps().size()) {
      return failure;
    }
    Step step = program.steps().get(failure.step());
    return new IOException(
        step.purpose() + ": " + step.describe() + ": " + Errno.describe(failure.errno()), failure);
  }

  /** Returns the path of one of the namespaces. */
  Path path(Namespace kind) {
    return Path.of("/proc", Integer.toString(process.pid()), "ns", kind.procName());
  }

  /** Ends the process and waits until it has ended. Namespaces that are not pinned end with it. */
  @Override
  public void close() {
    gate.close();
    try (Fd pidfd = process.pidfd()) {
      Children.awaitEnd(pidfd);
    }
  }
}
