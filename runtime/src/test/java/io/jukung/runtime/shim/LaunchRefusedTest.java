package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.Errno;
import io.jukung.runtime.call.ReachedLimit;
import io.jukung.shim.v1.Failure;
import org.junit.jupiter.api.Test;

class LaunchRefusedTest {
  private static PodShim.LaunchRefused refused(Failure.Phase phase, int errno) {
    return new PodShim.LaunchRefused(
        Failure.newBuilder().setPhase(phase).setErrno(errno).setMessage("why").build());
  }

  @Test
  void errorNumberOfTheShimSaysWhetherALimitIsReached() {
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CONFINE, Errno.ENOMEM))).isTrue();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.NONE, Errno.EMFILE))).isTrue();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CLONE, Errno.EAGAIN))).isTrue();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CONFINE, Errno.EAGAIN))).isFalse();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.CONFINE, Errno.ENOENT))).isFalse();
    assertThat(ReachedLimit.causes(refused(Failure.Phase.NONE, 0))).isFalse();
  }
}
