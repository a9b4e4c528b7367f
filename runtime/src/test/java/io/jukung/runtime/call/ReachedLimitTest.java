package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.runtime.shim.PodShim;
import io.jukung.shim.v1.Failure;
import java.io.IOException;
import java.nio.file.FileSystemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReachedLimitTest {
  @ParameterizedTest
  @ValueSource(ints = {Errno.ENOSPC, Errno.EDQUOT, Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM})
  void errorNumbersOfLimitsAreFoundInTheFailureAndInItsCauses(int errno) {
    ErrnoException call = new ErrnoException("write", "fd=3", errno);

    assertThat(ReachedLimit.causes(call)).isTrue();
    assertThat(ReachedLimit.causes(new CriException(ErrorKind.INTERNAL, "x", call))).isTrue();
    assertThat(ReachedLimit.causes(new LaunchFailure(LaunchFailure.Phase.PREPARE, 3, errno)))
        .isTrue();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CONFINE, errno))).isTrue();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.NONE, errno))).isTrue();
  }

  private static PodShim.LaunchRefused refused(Failure.Phase phase, int errno) {
    return new PodShim.LaunchRefused(
        Failure.newBuilder().setPhase(phase).setErrno(errno).setMessage("why").build());
  }

  @Test
  void clone3SaysByEagainThatALimitOfProcessesIsReachedAndOtherCallsDoNot() {
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CLONE, Errno.EAGAIN))).isTrue();
    assertThat(
            ReachedLimit.causes(
                new LaunchFailure(LaunchFailure.Phase.CLONE, LaunchFailure.NO_STEP, Errno.EAGAIN)))
        .isTrue();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CONFINE, Errno.EAGAIN))).isFalse();
    assertThat(ReachedLimit.causes(new ErrnoException("read", "fd=3", Errno.EAGAIN))).isFalse();
  }

  @Test
  void textsOfTheJdkAreKnown() {
    assertThat(ReachedLimit.causes(new FileSystemException("/x", null, "No space left on device")))
        .isTrue();
    assertThat(ReachedLimit.causes(new IOException("error=12, Cannot allocate memory"))).isTrue();
    assertThat(ReachedLimit.causes(new FileSystemException("/x"))).isFalse();
    assertThat(ReachedLimit.causes(new IOException())).isFalse();
  }

  @Test
  void otherFailuresAndCirclesOfCausesAreNoLimits() {
    assertThat(ReachedLimit.causes(refused(Failure.Phase.NONE, 0))).isFalse();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CONFINE, Errno.ENOENT))).isFalse();
    IOException first = new IOException("first");
    IOException second = new IOException("second", first);
    first.initCause(second);
    assertThat(ReachedLimit.causes(first)).isFalse();
  }
}
