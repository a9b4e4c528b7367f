package io.jukung.linux.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import org.junit.jupiter.api.Test;

class PidfdTest {
  @Test
  void pidfdBecomesReadableWhenTheProcessEnds() throws Exception {
    Process process = new ProcessBuilder("sleep", "1000").start();
    try (Pidfd pidfd = Pidfd.open((int) process.pid())) {
      assertThat(pidfd.isRunning()).isTrue();
      pidfd.send(0);
      pidfd.send(Signals.SIGTERM);
      assertThat(Readiness.await(pidfd.fd(), Epoll.IN, 10_000) & Epoll.IN).isEqualTo(Epoll.IN);
      assertThat(pidfd.isRunning()).isFalse();
      assertThat(process.waitFor()).isEqualTo(128 + Signals.SIGTERM);
      assertThatThrownBy(() -> pidfd.send(Signals.SIGTERM))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.is(Errno.ESRCH)).isTrue());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void openOfAMissingProcessFailsWithEsrch() {
    assertThatThrownBy(() -> Pidfd.open(0x3fffff))
        .hasMessage("pidfd_open(4194303): ESRCH No such process");
  }

  @Test
  void reapOfAProcessThatIsNoChildFailsWithEchild() throws Exception {
    try (Pidfd init = Pidfd.open(1)) {
      assertThatThrownBy(init::reap).hasMessageContaining("ECHILD");
    }
  }

  @Test
  void exitCodeIsTheStatusOr128PlusTheSignal() {
    assertThat(new ExitStatus(0, 0).exitCode()).isZero();
    assertThat(new ExitStatus(0, 255).exitCode()).isEqualTo(255);
    assertThat(new ExitStatus(9, 0).exitCode()).isEqualTo(137);
  }
}
