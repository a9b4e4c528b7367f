package io.jukung.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The keeper's program as data. The module shim tests it as a process. */
class KeeperTest {
  private static final List<String> COMMAND = List.of("/opt/java", "Main", "--wake", "8", "9");
  private static final List<String> ENVIRONMENT = List.of("PATH=/bin");

  private static Program program(boolean watchesChildren) {
    return Keeper.program(9, new Keeper.Watch(5, watchesChildren, COMMAND, ENVIRONMENT, 7));
  }

  private static List<String> text(Program program) {
    return program.steps().stream().map(Step::describe).toList();
  }

  @Test
  void refusesDumpsThenWaitsThenExecutesTheRealProgram() {
    List<String> steps = text(program(false));
    assertThat(steps.subList(0, 11))
        .containsExactly(
            "prctl(4, 0)",
            "prctl(0xf, \"jukung-asleep\")",
            "r9 = openat(-100, \"/proc/self/oom_score_adj\", 0x80001)",
            "write(r9, \"-1000\", 5)",
            "close(r9)",
            "rt_sigprocmask(2, [signals that a JVM survives], 0, 8)",
            "epoll_pwait(5, [event], 1, -1, 0, 8)",
            "r9 = openat(-100, \"/proc/self/oom_score_adj\", 0x80001)",
            "write(r9, \"7\", 1)",
            "close(r9)",
            "execve(\"/opt/java\", argv, envp)");
  }

  @Test
  void pausesLongerAndLongerWhileNothingCanBeExecuted() {
    assertThat(text(program(false)).subList(10, 16))
        .containsExactly(
            "execve(\"/opt/java\", argv, envp)",
            "ppoll(0, 0, [1 s], 0, 8)",
            "execveat(9, \"\", argv, envp, 0x1000)",
            "execve(\"/opt/java\", argv, envp)",
            "ppoll(0, 0, [2 s], 0, 8)",
            "execveat(9, \"\", argv, envp, 0x1000)");
  }

  @Test
  void everyStepThatMayFailIsTolerated() {
    for (Step step : program(true).steps()) {
      boolean mayFail =
          Set.of(Syscall.EXECVE, Syscall.EXECVEAT, Syscall.OPENAT, Syscall.WRITE)
              .contains(step.call());
      assertThat(step.toleratedErrnos().contains(Step.ANY_ERRNO))
          .as(step.describe())
          .isEqualTo(mayFail);
      boolean waits = step.call() == Syscall.EPOLL_PWAIT || step.call() == Syscall.PPOLL;
      assertThat(step.toleratedErrnos().contains(4)).as(step.describe()).isEqualTo(waits);
    }
  }

  @Test
  void endsOfChildrenWakeOnlyWhereTheyAreWatched() {
    assertThat(text(program(false)).toString()).doesNotContain("signalfd");
    assertThat(text(program(true)).subList(6, 13))
        .containsExactly(
            "rt_sigprocmask(0, [SIGCHLD], 0, 8)",
            "r8 = signalfd4(-1, [SIGCHLD], 8, 0x80000)",
            "epoll_ctl(5, 1, r8, [EPOLLIN])",
            "waitid(0, 0, [info], 0x41000005, 0)",
            "futex([info.si_pid], 0x84, 0, 0, [word], 0)",
            "epoll_pwait(5, [event], 1, -1, 0, 8)",
            "rt_sigprocmask(2, [signals that a JVM survives], 0, 8)");
  }

  @Test
  void programNeedsOnlyCallsAndArgumentsOfTheInterpreter() {
    for (Arch arch : Arch.values()) {
      byte[] encoded = program(true).encode(arch);
      assertThat(ProgramImage.build(arch, encoded, Launcher.noRegisters())).hasSize(3);
      assertThat(encoded.length).as("steps and data, which take memory").isLessThan(6_000);
    }
  }

  @Test
  void aProgramWithoutAnAbsolutePathIsRefused() {
    assertThatThrownBy(() -> new Keeper.Watch(5, false, List.of("java"), List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Keeper.Watch(5, false, List.of(), List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
