package io.jukung.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests cgroups in the real hierarchy, below one cgroup per test. */
class CgroupTest {
  private static final Duration WAIT = Duration.ofSeconds(5);

  private Cgroup top;

  @BeforeEach
  void setUp() throws IOException {
    CgroupMount mount = CgroupMount.find();
    assumeTrue(Files.isWritable(mount.directory()), "needs root");
    top = mount.at("/jukung-test-" + UUID.randomUUID());
  }

  @AfterEach
  void tearDown() throws IOException {
    if (top.exists()) {
      top.kill();
      top.remove(WAIT);
    }
  }

  @Test
  void createdTreeIsRemovedAsAWhole() throws IOException {
    Cgroup leaf = top.child("pod").child("container");
    leaf.create();
    leaf.create();
    assertThat(leaf.exists()).isTrue();
    assertThat(leaf.path()).isEqualTo(top.path() + "/pod/container");
    assertThat(top.children()).containsExactly("pod");
    top.remove(WAIT);
    assertThat(top.exists()).isFalse();
    top.remove(WAIT);
  }

  @Test
  void killEndsEveryProcessInsideAndRemoveWaitsForThem() throws Exception {
    Cgroup inner = top.child("exec");
    inner.create();
    Process process = new ProcessBuilder("sleep", "1000").start();
    inner.attach((int) process.pid());
    assertThat(inner.processes()).containsExactly((int) process.pid());
    assertThat(top.isPopulated()).isTrue();

    top.kill();
    top.remove(WAIT);

    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 9);
    assertThat(top.isPopulated()).isFalse();
  }

  @Test
  void processWithThreadsInAThreadedCgroupIsListedOnce() throws Exception {
    top.create();
    Process process = new ProcessBuilder("sleep", "1000").start();
    top.attach((int) process.pid());
    Cgroup threads = top.child("threads");
    threads.createPlain();
    threads.write("cgroup.type", "threaded");
    assertThat(top.allProcesses()).containsExactly((int) process.pid());
    top.kill();
    process.waitFor();
  }

  @Test
  void countersAreReadAndMissingFilesAreEmpty() throws IOException {
    top.create();
    assertThat(top.counters("cgroup.stat")).containsEntry("nr_descendants", 0L);
    assertThat(top.number("cgroup.max.depth")).isEmpty(); // "max"
    top.write("cgroup.max.depth", "7");
    assertThat(top.number("cgroup.max.depth")).hasValue(7);
    assertThat(top.files("cgroup.max.*"))
        .containsExactlyInAnyOrder("cgroup.max.depth", "cgroup.max.descendants");
    assertThat(top.counters("no.such")).isEmpty();
    assertThat(top.number("no.such")).isEmpty();
    assertThat(top.find("no.such")).isEmpty();
    assertThat(top.child("gone").files("*")).isEmpty();
  }

  @Test
  void removeOfABusyCgroupFailsAfterItsWait() throws Exception {
    top.create();
    Process process = new ProcessBuilder("sleep", "1000").start();
    try {
      top.attach((int) process.pid());
      assertThatThrownBy(() -> top.remove(Duration.ofMillis(20)))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY))
          .hasMessageContaining(top.directory().toString());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void frozenProcessesCanBeKilled() throws Exception {
    top.create();
    Process process = new ProcessBuilder("sleep", "1000").start();
    top.attach((int) process.pid());
    top.setFrozen(true);
    assertThat(top.read("cgroup.freeze")).isEqualTo("1");
    top.kill();
    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void missingCgroupHasNoProcessesAndNoCounters() throws IOException {
    top.kill();
    assertThat(top.isPopulated()).isFalse();
    assertThat(top.oomKills()).isZero();
    assertThat(top.children()).isEmpty();
  }

  @Test
  void errorNamesTheFileAndTheRefusedValue() throws IOException {
    top.create();
    assertThatThrownBy(() -> top.write("cgroup.freeze", "lukewarm"))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("cgroup.freeze, lukewarm")
        .hasMessageContaining("EINVAL");
  }

  @Test
  void pathsThatLeaveTheHierarchyAreRefused() throws IOException {
    CgroupMount mount = CgroupMount.find();
    assertThatIllegalArgumentException().isThrownBy(() -> mount.at("/a/../../b"));
    assertThatIllegalArgumentException().isThrownBy(() -> top.child(".."));
    assertThatIllegalArgumentException().isThrownBy(() -> top.child("a/b"));
  }

  @Test
  void createEnablesTheControllersDownToTheLeaf() throws IOException {
    CgroupMount mount = CgroupMount.find();
    Cgroup leaf = top.child("leaf");
    leaf.create();
    for (String controller : mount.controllers()) {
      if (CgroupMount.USED.contains(controller)) {
        assertThat(leaf.read("cgroup.controllers")).contains(controller);
      }
    }
  }

  @Test
  void removeUnusedRemovesOnlyEmptyParentsThatCreateMade() throws IOException {
    Cgroup foreign = top;
    foreign.createPlain();
    Cgroup leaf = top.child("parent").child("pod");
    leaf.create();
    top.child("parent").child("other").create();

    leaf.removeUnused();
    assertThat(leaf.exists()).isFalse();
    assertThat(top.children()).containsExactly("parent");

    top.child("parent").child("other").removeUnused();
    assertThat(top.children()).isEmpty();
    assertThat(top.exists()).as("not made by create()").isTrue();
  }
}
