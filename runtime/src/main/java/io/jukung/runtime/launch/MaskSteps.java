package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_RECURSIVE;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_F_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.OPEN_TREE_CLONE;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Syscall;

/**
 * The steps that hide paths and make them read-only, for a process whose root is the container's.
 * Paths that do not exist are skipped.
 */
final class MaskSteps {
  private static final int MOUNT = MountSteps.MOUNT;

  private final ProgramBuilder program;

  MaskSteps(ProgramBuilder program) {
    this.program = program;
  }

  /**
   * Hides the path behind the mask.
   *
   * @param mask a register with an open directory, or a file if the path is one, which no container
   *     can change
   */
  void mask(String path, int mask) {
    String purpose = "mask " + path;
    program
        .step(
            purpose,
            Syscall.OPEN_TREE,
            reg(mask),
            program.string(""),
            imm(AT_EMPTY_PATH | OPEN_TREE_CLONE | O_CLOEXEC))
        .into(MOUNT);
    attach(purpose, path).tolerate(Errno.ENOENT, Errno.ENOTDIR);
    program.step("close", Syscall.CLOSE, reg(MOUNT)).clears(MOUNT);
  }

  /** Makes the path and the mounts below it read-only. */
  void readOnly(String path) {
    String purpose = "make " + path + " read-only";
    program
        .step(
            purpose,
            Syscall.OPEN_TREE,
            imm(Fd.AT_FDCWD),
            program.string(path),
            imm(OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE))
        .into(MOUNT)
        .tolerate(Errno.ENOENT, Errno.ENOTDIR);
    // If the path does not exist, MOUNT holds no descriptor, and the next steps fail with EBADF.
    program
        .step(
            purpose,
            Syscall.MOUNT_SETATTR,
            reg(MOUNT),
            program.string(""),
            imm(AT_EMPTY_PATH | AT_RECURSIVE),
            MountSteps.mountAttr(program, MountOptions.RDONLY, 0),
            imm(32))
        .tolerate(Errno.EBADF);
    attach(purpose, path).tolerate(Errno.EBADF, Errno.ENOENT, Errno.ENOTDIR);
    program.step("close", Syscall.CLOSE, reg(MOUNT)).clears(MOUNT).tolerate(Errno.EBADF);
  }

  /** Makes the container's root read-only, but not the mounts below it. */
  void readOnlyRoot() {
    program.step(
        "make the root read-only",
        Syscall.MOUNT_SETATTR,
        imm(Fd.AT_FDCWD),
        program.string("/"),
        imm(0),
        MountSteps.mountAttr(program, MountOptions.RDONLY, 0),
        imm(32));
  }

  private ProgramBuilder.StepBuilder attach(String purpose, String path) {
    return program.step(
        purpose,
        Syscall.MOVE_MOUNT,
        reg(MOUNT),
        program.string(""),
        imm(Fd.AT_FDCWD),
        program.string(path),
        imm(MOVE_MOUNT_F_EMPTY_PATH));
  }
}
