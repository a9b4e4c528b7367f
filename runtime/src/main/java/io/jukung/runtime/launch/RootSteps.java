package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.mount.MountFlags.MNT_DETACH;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Syscall;
import java.nio.file.Path;

/** The steps that make the container's root file system the root of the process. */
final class RootSteps {
  private final ProgramBuilder program;

  RootSteps(ProgramBuilder program) {
    this.program = program;
  }

  void open(Path path, int register) {
    program
        .step(
            "open " + path,
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string(path.toString()),
            imm(O_PATH | O_CLOEXEC))
        .into(register);
  }

  /** Calls pivot_root(".", "."): the old root covers the new one until {@link #leaveHost}. */
  void pivot() {
    String purpose = "enter the root file system";
    program.step(purpose, Syscall.FCHDIR, reg(MountSteps.ROOT));
    program.step(purpose, Syscall.PIVOT_ROOT, program.string("."), program.string("."));
  }

  void leaveHost() {
    program.step("leave the host's files", Syscall.UMOUNT2, program.string("."), imm(MNT_DETACH));
    program.step("leave the host's files", Syscall.CHDIR, program.string("/"));
  }
}
