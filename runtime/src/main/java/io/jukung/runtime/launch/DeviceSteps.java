package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.AT_SYMLINK_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.runtime.spec.Spec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The steps that fill a new /dev with device nodes, and with the symbolic links that every
 * container has (runtime.md "Dev symbolic links" of the OCI runtime specification).
 */
final class DeviceSteps {
  private static final int DIRECTORY = Register.FIRST_FREE + 7;

  private static final Map<String, String> LINKS =
      Map.of(
          "fd", "/proc/self/fd",
          "stdin", "/proc/self/fd/0",
          "stdout", "/proc/self/fd/1",
          "stderr", "/proc/self/fd/2",
          "ptmx", "pts/ptmx");

  private final ProgramBuilder program;
  private final MountSteps mounts;

  DeviceSteps(ProgramBuilder program, MountSteps mounts) {
    this.program = program;
    this.mounts = mounts;
  }

  void populate(List<Spec.Device> devices) {
    mounts.targets().openInRoot("fill /dev", "/dev", O_PATH, 0, DIRECTORY);
    LINKS.forEach(
        (name, target) ->
            program.step(
                "link /dev/" + name,
                Syscall.SYMLINKAT,
                program.string(target),
                reg(DIRECTORY),
                program.string(name)));
    mounts.close(DIRECTORY);
    for (Spec.Device device : devices) {
      make(device);
    }
  }

  private void make(Spec.Device device) {
    String purpose = "make device " + device.path();
    Path path = Path.of(device.path()).normalize();
    Path parent = path.getParent();
    if (parent == null || !path.startsWith("/dev")) {
      throw new IllegalArgumentException("device " + device.path() + " is not inside /dev");
    }
    mounts.targets().make(parent.toString(), List.of("/dev"), TargetSteps.Kind.DIRECTORY);
    mounts.targets().openInRoot(purpose, parent.toString(), O_PATH, 0, DIRECTORY);
    program
        .step(
            purpose,
            Syscall.MKNODAT,
            reg(DIRECTORY),
            program.string(path.getFileName().toString()),
            imm(type(device) | device.fileMode()),
            imm(deviceNumber(device)))
        .tolerate(Errno.EEXIST);
    if (device.uid() != 0 || device.gid() != 0) {
      program.step(
          purpose,
          Syscall.FCHOWNAT,
          reg(DIRECTORY),
          program.string(path.getFileName().toString()),
          imm(device.uid()),
          imm(device.gid()),
          imm(AT_SYMLINK_NOFOLLOW));
    }
    mounts.close(DIRECTORY);
  }

  private static long type(Spec.Device device) {
    return switch (device.type()) {
      case "c", "u" -> FileType.CHARACTER_DEVICE.bits();
      case "b" -> FileType.BLOCK_DEVICE.bits();
      case "p" -> FileType.FIFO.bits();
      default ->
          throw new IllegalArgumentException(
              "device " + device.path() + " has the unknown type " + device.type());
    };
  }

  /** The device number in the form that mknod(2) takes (makedev(3)). */
  private static long deviceNumber(Spec.Device device) {
    long major = device.major();
    long minor = device.minor();
    return (minor & 0xff) | (major & 0xfff) << 8 | (minor & 0xfff00) << 12;
  }
}
