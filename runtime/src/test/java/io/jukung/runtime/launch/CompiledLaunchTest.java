package io.jukung.runtime.launch;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.Errno;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Syscall;
import io.jukung.shim.v1.Failure;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompiledLaunchTest {
  private static final int UMASK_STEP = 0;
  private static final int EXECVE_STEP = 1;

  private static CompiledLaunch launch(String command) {
    ProgramBuilder confine = new ProgramBuilder();
    confine.step("clear the umask", Syscall.UMASK, imm(0));
    confine.step(
        "run the command", Syscall.EXECVE, confine.string("/bin/" + command), imm(0), imm(0));
    return new CompiledLaunch(
        new ProgramBuilder().build(),
        confine.build(),
        0x20000,
        Path.of("/cg/pod"),
        command,
        2_200_000);
  }

  private static Failure failure(Failure.Phase phase, int step, int errno) {
    return Failure.newBuilder()
        .setPhase(phase)
        .setStep(step)
        .setErrno(errno)
        .setMessage("the shim's message")
        .build();
  }

  @Test
  void failedStepIsExplainedByItsPurposeCallAndError() {
    assertThat(launch("app").explain(failure(Failure.Phase.CONFINE, UMASK_STEP, Errno.EPERM)))
        .startsWith("clear the umask: umask(0)")
        .contains("EPERM");
  }

  @ParameterizedTest
  @CsvSource({
    "app,      2, executable file not found in $PATH",
    "/bin/app, 2, no such file or directory",
    "app,      13, permission denied",
    "app,      8, exec format error",
  })
  void failedExecveIsExplainedInTheWordsOfOtherRuntimes(String command, int errno, String why) {
    assertThat(launch(command).explain(failure(Failure.Phase.CONFINE, EXECVE_STEP, errno)))
        .isEqualTo("exec \"" + command + "\": " + why);
  }

  @Test
  void tooLongCommandIsExplainedWithItsSize() {
    assertThat(launch("app").explain(failure(Failure.Phase.CONFINE, EXECVE_STEP, Errno.E2BIG)))
        .startsWith("exec \"app\": argument list too long")
        .contains("2200000 bytes");
  }

  @Test
  void failedCloneIsExplainedWithItsFlagsAndCgroup() {
    assertThat(launch("app").explain(failure(Failure.Phase.CLONE, 0, Errno.EBUSY)))
        .startsWith("clone3(flags=0x20000, cgroup=/cg/pod): ")
        .contains("EBUSY");
  }

  @Test
  void failureOutsideTheProgramsIsExplainedByTheShim() {
    assertThat(launch("app").explain(failure(Failure.Phase.NONE, 0, 0)))
        .isEqualTo("the shim's message");
    assertThat(launch("app").explain(failure(Failure.Phase.CONFINE, -1, Errno.ENOMEM)))
        .isEqualTo("start app: the shim's message");
  }
}
