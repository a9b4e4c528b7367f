package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.launch.LaunchFailure;
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
  }

  @Test
  void clone3SaysByEagainThatALimitOfProcessesIsReachedAndOtherCallsDoNot() {
    assertThat(
            ReachedLimit.causes(
                new LaunchFailure(LaunchFailure.Phase.CLONE, LaunchFailure.NO_STEP, Errno.EAGAIN)))
        .isTrue();
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
    assertThat(ReachedLimit.causes(new ErrnoException("open", "/x", Errno.ENOENT))).isFalse();
    IOException first = new IOException("first");
    IOException second = new IOException("second", first);
    first.initCause(second);
    assertThat(ReachedLimit.causes(first)).isFalse();
  }
}
