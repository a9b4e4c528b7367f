package io.jukung.linux.launch;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs generated images of both architectures; qemu-user runs the one that is not the machine's.
 */
class ProgramImageTest {
  @TempDir Path work;

  private record Outcome(int exitCode, String output) {}

  @ParameterizedTest
  @EnumSource(Arch.class)
  void stepsRunInOrderAndShareRegisters(Arch arch) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program.step("say", Syscall.WRITE, imm(1), program.string("one "), imm(4)).expect(4);
    program.step("copy stdout", Syscall.DUP3, imm(1), imm(40), imm(0)).into(9);
    program.step("say", Syscall.WRITE, reg(9), program.string("two "), imm(4));
    program.step("close", Syscall.CLOSE, reg(9)).clears(9);
    program.step("say", Syscall.WRITE, reg(9), program.string("no"), imm(2)).tolerate(Errno.EBADF);
    program.step("end", Syscall.EXIT_GROUP, imm(7));
    assertThat(run(arch, program.build())).isEqualTo(new Outcome(7, "one two "));
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void failedStepIsReportedWithItsIndexAndErrno(Arch arch) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program
        .step("tolerated", Syscall.CHDIR, program.string("/proc/nonexistent"))
        .tolerate(Errno.EPERM, Errno.ENOENT);
    program
        .step("any error", Syscall.CHDIR, program.string("/proc/nonexistent"))
        .tolerate(Step.ANY_ERRNO);
    program.step("fails", Syscall.CHDIR, program.string("/dev/null")).tolerate(Errno.ENOENT);
    Outcome outcome = run(arch, program.build());
    assertThat(outcome.exitCode()).isEqualTo(127);
    assertThat(outcome.output().chars().toArray())
        .containsExactly(2, 0, 0, 0, Errno.ENOTDIR, 0, 0, 0);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void unexpectedResultIsReportedAsEproto(Arch arch) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program.step("write", Syscall.WRITE, imm(2), program.string("x"), imm(1)).expect(5);
    assertThat(run(arch, program.build()).output().chars().toArray())
        .containsExactly(0, 0, 0, 0, Errno.EPROTO, 0, 0, 0);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void pointersToStringsAreValidInTheImage(Arch arch) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program.step(
        "run",
        Syscall.EXECVE,
        program.string("/bin/echo"),
        program.pointers("argv", List.of("echo", "three", "four")),
        program.pointers("envp", List.of()));
    assertThat(run(arch, program.build())).isEqualTo(new Outcome(0, "three four\n"));
  }

  /**
   * Both processes write to the same pipe: the parent its report, the child the output of the next
   * step.
   */
  @ParameterizedTest
  @EnumSource(Arch.class)
  void programContinuesInTheForkedChildWhosePidIsReported(Arch arch) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program.step("say", Syscall.WRITE, imm(1), program.string("before "), imm(7));
    program.step("fork", Syscall.CLONE, imm(17 /* SIGCHLD */)).forks();
    program.step("say", Syscall.WRITE, imm(1), program.string("after "), imm(6));
    program.step("end", Syscall.EXIT_GROUP, imm(0));
    Outcome outcome = run(arch, program.build());
    assertThat(outcome.exitCode()).isEqualTo(127);
    byte[] output = outcome.output().getBytes(ISO_8859_1);
    assertThat(outcome.output()).startsWith("before ").contains("after ").hasSize(7 + 6 + 8);
    int report = outcome.output().startsWith("before after ") ? 13 : 7;
    ByteBuffer fields = ByteBuffer.wrap(output, report, 8).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(fields.getInt()).isEqualTo(1);
    assertThat(fields.getInt()).isNegative();
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void initEndsAsItsChildDoes(Arch arch) throws Exception {
    assertThat(run(arch, underInit("(exit 3) & echo on; exit 7")))
        .isEqualTo(new Outcome(7, "on\n"));
    assertThat(run(arch, underInit("kill -KILL $$"))).isEqualTo(new Outcome(128 + 9, ""));
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void initPassesSignalsOnToItsChild(Arch arch) throws Exception {
    String script = "trap 'echo got; exit 5' TERM; kill -TERM $PPID; while :; do sleep 0.1; done";
    assertThat(run(arch, underInit(script))).isEqualTo(new Outcome(5, "got\n"));
  }

  private static Program underInit(String script) {
    ProgramBuilder program = new ProgramBuilder();
    for (long mask : new long[] {-1, 0}) {
      program.step(
          "set the mask of signals",
          Syscall.RT_SIGPROCMASK,
          imm(2 /* SIG_SETMASK */),
          program.words("{mask}", mask),
          imm(0),
          imm(8));
      if (mask == -1) {
        program.step("fork", Syscall.CLONE, imm(17 /* SIGCHLD */)).forksUnderInit();
      }
    }
    program.step(
        "run",
        Syscall.EXECVE,
        program.string("/bin/sh"),
        program.pointers("argv", List.of("sh", "-c", script)),
        program.pointers("envp", List.of("PATH=/usr/bin:/bin")));
    return program.build();
  }

  @Test
  void tooManyStepsAreRefused() {
    ProgramBuilder program = new ProgramBuilder();
    for (int i = 0; i < 4097; i++) {
      program.step("nothing", Syscall.GETPID);
    }
    byte[] encoded = program.build().encode(Arch.X86_64);
    assertThatThrownBy(() -> ProgramImage.build(Arch.X86_64, encoded, Launcher.noRegisters()))
        .hasMessageContaining("4097 steps");
  }

  /**
   * Runs the image of a program, with standard output as the error pipe. {@code cat} reads the
   * output to its end. {@link Process} would stop at the end of the first process, and lose what a
   * forked process writes later.
   */
  private Outcome run(Arch arch, Program program) throws IOException, InterruptedException {
    Path image = work.resolve("image");
    long[] registers = Launcher.noRegisters();
    registers[Register.ERROR_PIPE] = 1;
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      for (ProgramImage.Piece piece : ProgramImage.build(arch, program.encode(arch), registers)) {
        file.seek(piece.offset());
        file.write(piece.bytes());
      }
    }
    assertThat(image.toFile().setExecutable(true)).isTrue();
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "\"$@\" | cat; exit ${PIPESTATUS[0]}", "bash"));
    if (arch != Arch.CURRENT) {
      command.add("qemu-" + arch.toString().toLowerCase(java.util.Locale.ROOT) + "-static");
    }
    command.add(image.toString());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    return new Outcome(process.waitFor(), output);
  }
}
