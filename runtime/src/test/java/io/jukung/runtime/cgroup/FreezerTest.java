package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Freezes a real process in a cgroup of the kernel. */
class FreezerTest {
  private final Freezer freezer = new Freezer(Duration.ofSeconds(10), Duration.ofMillis(50));
  private Cgroup cgroup;
  private Process process;

  @BeforeEach
  void setUp() throws IOException {
    cgroup = CgroupMount.find().at("/jukung-test-" + UUID.randomUUID());
    cgroup.create();
    process = new ProcessBuilder("sleep", "1000").start();
    cgroup.attach((int) process.pid());
  }

  @AfterEach
  void tearDown() throws Exception {
    cgroup.kill();
    process.waitFor();
    cgroup.remove(Duration.ofSeconds(5));
  }

  @Test
  void frozenCgroupIsFrozenOnReturnAndRunsOnWhenThawed() throws Exception {
    assertThat(Freezer.isFrozen(cgroup)).isFalse();
    assertThat(freezer.freeze(cgroup)).isTrue();
    assertThat(cgroup.read("cgroup.events")).contains("frozen 1");
    assertThat(Freezer.isFrozen(cgroup)).isTrue();
    assertThat(freezer.freeze(cgroup)).isFalse();
    assertThat(freezer.thaw(cgroup)).isTrue();
    assertThat(freezer.thaw(cgroup)).isFalse();
    assertThat(Freezer.isFrozen(cgroup)).isFalse();
  }

  @Test
  void nothingIsStartedInAFrozenCgroup() throws Exception {
    freezer.freeze(cgroup);
    assertThatThrownBy(() -> freezer.entering(cgroup, "exec"))
        .hasMessage("exec: the container is paused, unpause it first");
  }

  @Test
  void cgroupIsNotFrozenWhileAProcessIsBeingStartedInIt() throws Exception {
    try (Freezer.Entry _ = freezer.entering(cgroup, "exec")) {
      assertThatThrownBy(() -> freezer.freeze(cgroup))
          .hasMessageContaining("a process is being started in it");
      assertThat(Freezer.isFrozen(cgroup)).isFalse();
    }
    assertThat(freezer.freeze(cgroup)).isTrue();
  }

  @Test
  void killedWhileFrozenEnds() throws Exception {
    freezer.freeze(cgroup);
    cgroup.kill();
    assertThat(process.waitFor()).isEqualTo(137);
    assertThat(freezer.thaw(CgroupMount.find().at("/jukung-test-absent"))).isFalse();
  }
}
