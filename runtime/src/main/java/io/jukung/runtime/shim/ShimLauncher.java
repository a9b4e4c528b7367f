package io.jukung.runtime.shim;

import static io.jukung.linux.fs.OpenFlags.O_APPEND;
import static io.jukung.linux.fs.OpenFlags.O_CREAT;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts shim processes apart from the daemon: in a session of their own, so that a terminal's
 * Ctrl-C does not reach them, and in a cgroup of their own, so that a service manager that ends the
 * daemon's cgroup leaves them.
 *
 * @param command the program with its arguments; {@code --socket PATH} is added
 * @param directory the working directory, where the JVM would write of its own crash
 * @param cgroup a cgroup v2 directory; null: the daemon's
 */
record ShimLauncher(List<String> command, Path directory, @Nullable Path cgroup) {
  private static final int LOG_MODE = 0600;

  // Paths are UTF-8 whatever the daemon's locale is. The daemon's environment is not passed on.
  private static final List<String> ENVIRONMENT =
      List.of(
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8");

  ShimLauncher {
    command = List.copyOf(command);
  }

  /**
   * Starts a shim, which begins to listen a moment later.
   *
   * @param log the file that receives the shim's output; it does not exist after a failure
   */
  Launcher.Launched launch(Path socket, Path log) throws IOException {
    try {
      return launchWithLog(socket, log);
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(log);
      throw e;
    }
  }

  private Launcher.Launched launchWithLog(Path socket, Path log) throws IOException {
    List<String> arguments = new ArrayList<>(command);
    arguments.add("--socket");
    arguments.add(socket.toString());
    try (Fd input = HostFile.open("/dev/null", O_RDONLY, 0);
        Fd output = HostFile.open(log.toString(), O_WRONLY | O_CREAT | O_APPEND, LOG_MODE);
        Fd home = openCgroup()) {
      long[] registers = Launcher.noRegisters();
      registers[Register.STDIN] = input.number();
      registers[Register.STDOUT] = output.number();
      registers[Register.STDERR] = output.number();
      return Launcher.launch(
          new Launcher.Request(
              Program.empty().encode(Arch.CURRENT),
              program(arguments).encode(Arch.CURRENT),
              0,
              home,
              registers));
    } catch (LaunchFailure e) {
      throw new IOException(
          "start of shim " + command.getFirst() + ": " + Errno.describe(e.errno()), e);
    }
  }

  private @Nullable Fd openCgroup() throws IOException {
    return cgroup == null ? null : HostFile.open(cgroup.toString(), O_RDONLY | O_DIRECTORY, 0);
  }

  private Program program(List<String> arguments) {
    ProgramBuilder program = new ProgramBuilder();
    for (int standard = Register.STDIN; standard <= Register.STDERR; standard++) {
      program.inherit(standard);
      program.step("standard streams", Syscall.DUP3, reg(standard), imm(standard), imm(0));
    }
    program.step("own session", Syscall.SETSID);
    program.step("working directory", Syscall.CHDIR, program.string(directory.toString()));
    program.closeOnExecFrom("no other descriptors", 3);
    program.step(
        "run the shim",
        Syscall.EXECVE,
        program.string(arguments.getFirst()),
        program.pointers("argv", arguments),
        program.pointers("envp", ENVIRONMENT));
    return program.build();
  }
}
