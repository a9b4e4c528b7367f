package io.jukung.runtime.launch;

import com.google.protobuf.ByteString;
import io.jukung.linux.Errno;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.Step;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import java.nio.file.Path;

/**
 * A launch that can be sent to a shim. Turns the shim's failure report into an error message.
 *
 * @param prepare the program that a fresh thread of the shim runs
 * @param confine the program that the new process runs
 * @param cloneFlags the CLONE_NEW* flags for clone3(2)
 * @param cgroup the cgroup v2 directory in which the process starts
 * @param command the first word of the command, for error messages
 * @param commandBytes the size of arguments and environment as the kernel counts it
 */
public record CompiledLaunch(
    Program prepare,
    Program confine,
    long cloneFlags,
    Path cgroup,
    String command,
    long commandBytes) {

  public LaunchPlan toPlan() {
    return LaunchPlan.newBuilder()
        .setPrepare(ByteString.copyFrom(prepare.encode(Arch.CURRENT)))
        .setConfine(ByteString.copyFrom(confine.encode(Arch.CURRENT)))
        .setCloneFlags(cloneFlags)
        .setCgroup(cgroup.toString())
        .build();
  }

  /** Both programs as text, for {@code jukung inspect --launch-program}. */
  public String describe() {
    return "prepare (on a thread of the shim):\n"
        + prepare.describe()
        + "clone3(flags=0x"
        + Long.toHexString(cloneFlags)
        + ", cgroup="
        + cgroup
        + ")\nconfine (in the new process):\n"
        + confine.describe();
  }

  /** One sentence that says which step of the launch failed, and why. */
  public String explain(Failure failure) {
    return switch (failure.getPhase()) {
      case PREPARE -> explain(prepare, failure);
      case CONFINE -> explain(confine, failure);
      case CLONE ->
          "clone3(flags=0x%x, cgroup=%s): %s"
              .formatted(cloneFlags, cgroup, Errno.describe(failure.getErrno()));
      case NONE, UNRECOGNIZED -> failure.getMessage();
    };
  }

  private String explain(Program program, Failure failure) {
    int index = failure.getStep();
    if (index < 0 || index >= program.steps().size()) {
      return "start " + command + ": " + failure.getMessage();
    }
    Step step = program.steps().get(index);
    if (step.call() == Syscall.EXECVE) {
      return "exec \"" + command + "\": " + explainExec(failure.getErrno());
    }
    return step.purpose() + ": " + step.describe() + ": " + Errno.describe(failure.getErrno());
  }

  private String explainExec(int errno) {
    return switch (errno) {
      case Errno.ENOENT ->
          command.contains("/")
              ? "no such file or directory"
              : "executable file not found in $PATH";
      case Errno.EACCES -> "permission denied";
      case Errno.ENOEXEC -> "exec format error";
      case Errno.E2BIG ->
          ("argument list too long: the arguments and the environment have %d bytes; Linux takes a"
                  + " quarter of the stack limit, which is 2097152 bytes by default, and 131071"
                  + " bytes in one of them")
              .formatted(commandBytes);
      default -> Errno.describe(errno);
    };
  }
}
