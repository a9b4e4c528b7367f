package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_BENEATH;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_IN_ROOT;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_MAGICLINKS;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_SYMLINKS;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_XDEV;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_F_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_T_EMPTY_PATH;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.launch.Arg;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The steps that make and open the targets of mounts, and attach mounts to them. Every target is
 * opened inside the container's root, which is open in {@link MountSteps#ROOT}, and attached to by
 * its descriptor: no symbolic link leads out of the root, and none is followed twice.
 */
final class TargetSteps {
  private static final int TARGET = Register.FIRST_FREE + 3;
  private static final int SCRATCH = Register.FIRST_FREE + 6;

  private final ProgramBuilder program;
  private final @Nullable UserNamespaceSteps users;
  private final Set<Path> volumes = new HashSet<>();

  /** What a mount's root is. Its target must be the same. */
  enum Kind {
    DIRECTORY,
    FILE
  }

  TargetSteps(ProgramBuilder program, @Nullable UserNamespaceSteps users) {
    this.program = program;
    this.users = users;
  }

  /** Remembers that a volume is mounted there, whose files belong to its own users. */
  void coverWithVolume(String destination) {
    volumes.add(Path.of(destination).normalize());
  }

  /** Attaches the mount in the register, and closes the register. */
  void put(String purpose, String destination, int mount, Kind kind) {
    openInRoot(purpose, destination, O_PATH, 0, TARGET);
    putOnOpened(purpose, mount, kind);
  }

  /**
   * As {@link #put}, where no name of the path may be a symbolic link. Later steps trust /proc: an
   * image in which /proc is a symbolic link must get an error.
   */
  void putOnRealPath(String purpose, String destination, int mount, Kind kind) {
    openInRoot(purpose, destination, O_PATH, RESOLVE_NO_SYMLINKS, TARGET);
    putOnOpened(purpose, mount, kind);
  }

  /** As {@link #put}, on a file of the proc file system that an earlier step has mounted. */
  void putInProc(String purpose, String destination, int mount, Kind kind) {
    openInRoot(purpose, "/proc", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS, SCRATCH);
    program
        .step(
            purpose,
            Syscall.OPENAT2,
            reg(SCRATCH),
            program.string(Path.of("/proc").relativize(Path.of(destination)).toString()),
            openHow(
                program,
                O_PATH,
                RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
            imm(24))
        .into(TARGET);
    close(SCRATCH);
    putOnOpened(purpose, mount, kind);
  }

  private void putOnOpened(String purpose, int mount, Kind kind) {
    expect(purpose, kind);
    program.step(
        purpose,
        Syscall.MOVE_MOUNT,
        reg(mount),
        program.string(""),
        reg(TARGET),
        program.string(""),
        imm(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
    close(TARGET);
    close(mount);
  }

  /** Fails with a purpose that says what the target is. move_mount(2) itself says EINVAL. */
  private void expect(String purpose, Kind kind) {
    switch (kind) {
      case DIRECTORY -> {
        openSelf(purpose + ", which is no directory", O_PATH | O_DIRECTORY);
        close(SCRATCH);
      }
      case FILE ->
          openSelf(purpose, O_PATH | O_DIRECTORY)
              .tolerate(Errno.ENOTDIR)
              .ifItSucceeds(
                  // No directory can be opened for writing.
                  () -> openSelf(purpose + ", a file on a directory", O_WRONLY));
    }
  }

  private ProgramBuilder.StepBuilder openSelf(String purpose, long flags) {
    return program
        .step(purpose, Syscall.OPENAT, reg(TARGET), program.string("."), imm(flags | O_CLOEXEC))
        .into(SCRATCH);
  }

  /** Opens a path inside the container's root (RESOLVE_IN_ROOT of openat2(2)). */
  ProgramBuilder.StepBuilder openInRoot(
      String purpose, String path, long flags, long resolve, int register) {
    return program
        .step(
            purpose,
            Syscall.OPENAT2,
            reg(MountSteps.ROOT),
            program.string(path),
            openHow(program, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve),
            imm(24))
        .into(register);
  }

  static Arg openHow(ProgramBuilder program, long flags, long resolve) {
    return program.words(
        "{flags=0x%x, resolve=0x%x}".formatted(flags, resolve), flags | O_CLOEXEC, 0, resolve);
  }

  /**
   * Makes the directories of a path that lie inside an earlier mount. Those on the root file system
   * itself were made when the container was created.
   */
  void make(String destination, List<String> earlierMounts, Kind kind) {
    Path path = Path.of(destination).normalize();
    int covered = coveredLength(path, earlierMounts);
    boolean inVolume =
        covered > 0 && volumes.contains(Path.of("/").resolve(path.subpath(0, covered)));
    UserNamespaceSteps owner = inVolume ? users : null;
    for (int length = covered + 1; covered > 0 && length <= path.getNameCount(); length++) {
      boolean last = length == path.getNameCount();
      Path each = Path.of("/").resolve(path.subpath(0, length));
      makeEntry(each, last ? kind : Kind.DIRECTORY, owner);
    }
  }

  private void makeEntry(Path path, Kind kind, @Nullable UserNamespaceSteps owner) {
    String purpose = "make " + path;
    Path parent = path.getParent();
    Path name = path.getFileName();
    if (parent == null || name == null) {
      return; // the root always exists
    }
    openInRoot(purpose, parent.toString(), O_PATH, 0, TARGET);
    if (owner != null) {
      owner.actAsRoot();
    }
    if (kind == Kind.FILE) {
      program
          .step(
              purpose,
              Syscall.MKNODAT,
              reg(TARGET),
              program.string(name.toString()),
              imm(FileType.REGULAR.bits() | 0644),
              imm(0))
          .tolerate(Errno.EEXIST, Errno.EROFS);
    } else {
      program
          .step(purpose, Syscall.MKDIRAT, reg(TARGET), program.string(name.toString()), imm(0755))
          .tolerate(Errno.EEXIST, Errno.EROFS);
    }
    if (owner != null) {
      owner.actAsHost();
    }
    close(TARGET);
  }

  /**
   * The number of leading names of the path that lead to the deepest earlier mount that contains
   * the path; 0 if no mount contains it.
   */
  private static int coveredLength(Path path, List<String> earlierMounts) {
    int longest = 0;
    for (String earlier : earlierMounts) {
      Path mount = Path.of(earlier).normalize();
      if (path.startsWith(mount) && !path.equals(mount)) {
        longest = Math.max(longest, mount.getNameCount());
      }
    }
    return longest;
  }

  private void close(int register) {
    program.step("close", Syscall.CLOSE, reg(register)).clears(register);
  }
}
