package io.jukung.runtime.launch;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;

import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;

/** The last steps of a process that only exists until it gets a SIGTERM. */
public final class TerminationSteps {
  private static final long SIGTERM_SET = 1L << 14;
  private static final int SIGNAL_SET_BYTES = 8;

  private TerminationSteps() {}

  /** Reports the start, closes all descriptors, waits for SIGTERM and ends. */
  public static void untilSigterm(ProgramBuilder program) {
    reportStart(program);
    awaitSigterm(program);
  }

  /**
   * As {@link #untilSigterm}, once a byte has come through the pipe at {@link Register#GATE}, which
   * the program inherits. The process ends at once if the pipe's writer is closed before: its
   * daemon has ended.
   */
  public static void untilSigtermOnceKept(ProgramBuilder program) {
    reportStart(program);
    program
        .step(
            "wait until it is kept",
            Syscall.READ,
            reg(Register.GATE),
            program.words("byte", 0),
            imm(1))
        .expect(1);
    awaitSigterm(program);
  }

  private static void reportStart(ProgramBuilder program) {
    program.step(
        "block SIGTERM",
        Syscall.RT_SIGPROCMASK,
        imm(0 /* SIG_BLOCK */),
        program.words("[SIGTERM]", SIGTERM_SET),
        imm(0),
        imm(SIGNAL_SET_BYTES));
    program
        .step("report the start", Syscall.CLOSE, reg(Register.ERROR_PIPE))
        .clears(Register.ERROR_PIPE);
  }

  private static void awaitSigterm(ProgramBuilder program) {
    program.step("close all descriptors", Syscall.CLOSE_RANGE, imm(0), imm(0xffffffffL));
    program.step(
        "wait for SIGTERM",
        Syscall.RT_SIGTIMEDWAIT,
        program.words("[SIGTERM]", SIGTERM_SET),
        imm(0),
        imm(0),
        imm(SIGNAL_SET_BYTES));
    program.step("end", Syscall.EXIT_GROUP, imm(0));
  }
}
