package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_RECURSIVE;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_F_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_T_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.OPEN_TREE_CLONE;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;

/**
 * The steps that hide paths and make them read-only, before the process enters the container's root
 * and leaves the host's files. A symbolic link is followed inside the container's root: what it
 * leads to is hidden. Paths that do not exist are skipped.
 */
final class MaskSteps {
  private static final int MOUNT = MountSteps.MOUNT;
  private static final int TARGET = Register.FIRST_FREE + 3;

  private final ProgramBuilder program;
  private final TargetSteps targets;

  MaskSteps(ProgramBuilder program, TargetSteps targets) {
    this.program = program;
    this.targets = targets;
  }

  /**
   * Hides the path behind a mask of the same kind, whichever it is in the container.
   *
   * @param directoryMask a register with an open directory that no container can change
   * @param fileMask a register with an open file that no container can change
   */
  void mask(String path, int directoryMask, int fileMask) {
    String purpose = "mask " + path;
    targets
        .openInRoot(purpose, path, O_PATH | O_DIRECTORY, 0, TARGET)
        .tolerate(Errno.ENOENT, Errno.ENOTDIR)
        .ifItSucceeds(
            () -> cover(purpose, directoryMask),
            () ->
                targets
                    .openInRoot(purpose, path, O_PATH, 0, TARGET)
                    .tolerate(Errno.ENOENT, Errno.ENOTDIR)
                    .ifItSucceeds(() -> cover(purpose, fileMask)));
  }

  private void cover(String purpose, int mask) {
    clone(purpose, mask, 0);
    attach(purpose);
  }

  /** Makes the path and the mounts below it read-only. */
  void readOnly(String path) {
    String purpose = "make " + path + " read-only";
    targets
        .openInRoot(purpose, path, O_PATH, 0, TARGET)
        .tolerate(Errno.ENOENT, Errno.ENOTDIR)
        .ifItSucceeds(
            () -> {
              clone(purpose, TARGET, AT_RECURSIVE);
              program.step(
                  purpose,
                  Syscall.MOUNT_SETATTR,
                  reg(MOUNT),
                  program.string(""),
                  imm(AT_EMPTY_PATH | AT_RECURSIVE),
                  MountSteps.mountAttr(program, MountOptions.RDONLY, 0),
                  imm(32));
              attach(purpose);
            });
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

  private void clone(String purpose, int source, long flags) {
    program
        .step(
            purpose,
            Syscall.OPEN_TREE,
            reg(source),
            program.string(""),
            imm(AT_EMPTY_PATH | OPEN_TREE_CLONE | O_CLOEXEC | flags))
        .into(MOUNT);
  }

  private void attach(String purpose) {
    program.step(
        purpose,
        Syscall.MOVE_MOUNT,
        reg(MOUNT),
        program.string(""),
        reg(TARGET),
        program.string(""),
        imm(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
    program.step("close", Syscall.CLOSE, reg(MOUNT)).clears(MOUNT);
    program.step("close", Syscall.CLOSE, reg(TARGET)).clears(TARGET);
  }
}
