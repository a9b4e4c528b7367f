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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the driver in the real cgroup hierarchy. */
class CgroupfsDriverTest {
  private CgroupMount mount;
  private String root;
  private CgroupfsDriver driver;

  @BeforeEach
  void setUp() throws IOException {
    mount = CgroupMount.find();
    root = "/jukung-test-" + UUID.randomUUID();
    driver = new CgroupfsDriver(mount, root);
  }

  @AfterEach
  void tearDown() throws IOException {
    mount.at(root).remove(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @CsvSource({
    "/kubepods/burstable/pod1, /kubepods/burstable/pod1",
    "kubepods/besteffort, /kubepods/besteffort"
  })
  void parentIsRecordedAsAnAbsolutePath(String requested, String recorded) {
    assertThat(driver.parent(requested)).isEqualTo(recorded);
    assertThat(driver.podPath(recorded, "p1")).isEqualTo(recorded);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a/../b", "a/./b", "kubepods-pod1.slice"})
  void textThatIsNotACgroupPathIsRefused(String requested) {
    assertThatThrownBy(() -> driver.parent(requested))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + requested + "\"");
  }

  @Test
  void podWithoutAParentIsBelowTheRootOfJukung() {
    assertThat(driver.podPath("", "p1")).isEqualTo(root + "/p1");
    assertThat(driver.sandboxOf("p1")).isEqualTo("p1");
    assertThat(driver.shimsPath()).isEqualTo(root + "/shims");
  }

  @Test
  void rootIsRemovedWithItsLastCgroup() throws IOException {
    Cgroup one = mount.at(driver.podPath("", "p1"));
    Cgroup two = mount.at(driver.podPath("", "p2"));
    one.create();
    two.create();
    driver.removeUnused(one);
    assertThat(one.exists()).isFalse();
    assertThat(mount.at(root).exists()).isTrue();
    driver.removeUnused(two);
    assertThat(mount.at(root).exists()).isFalse();
  }

  @Test
  void processInACgroupThatSomebodyElseMadeIsNeverKilled() throws Exception {
    PodCgroups cgroups = new PodCgroups(mount, driver, PodCgroups.MissingController.IGNORE);
    mount.at(root).create();
    Cgroup own = mount.at(root).child("a".repeat(64));
    Cgroup empty = mount.at(root).child("b".repeat(64)); // as after a kill before the mark
    Cgroup strange = mount.at(root).child("c".repeat(64));
    own.create();
    empty.createPlain();
    strange.createPlain();
    Process process = new ProcessBuilder("sleep", "100").start();
    try {
      strange.attach((int) process.pid());
      assertThat(cgroups.ownPods()).containsOnlyKeys("a".repeat(64), "b".repeat(64));
      cgroups.sweep(own);
      cgroups.sweep(empty);
      cgroups.sweep(strange);
      assertThat(own.exists()).isFalse();
      assertThat(empty.exists()).isFalse();
      assertThat(strange.processes()).containsExactly((int) process.pid());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** As after {@link PodCgroups} has removed the pod's cgroup by its name. */
  @Test
  void rootIsRemovedAlthoughThePodsCgroupIsGone() throws IOException {
    Cgroup pod = mount.at(driver.podPath("", "p1"));
    pod.create();
    pod.remove(Duration.ofSeconds(5));
    driver.removeUnused(pod);
    assertThat(mount.at(root).exists()).isFalse();
  }
}
