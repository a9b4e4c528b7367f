package io.jukung.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads open control files in the real hierarchy, below one cgroup per test. */
@Timeout(60)
class OpenCgroupTest {
  private static final Duration WAIT = Duration.ofSeconds(5);

  private final OpenCgroups open = new OpenCgroups(100);
  private final List<Process> processes = new ArrayList<>();
  private Cgroup top;

  @BeforeEach
  void setUp() throws IOException {
    CgroupMount mount = CgroupMount.find();
    assumeTrue(Files.isWritable(mount.directory()), "needs root");
    top = mount.at("/jukung-test-" + UUID.randomUUID());
    top.create();
  }

  @AfterEach
  void tearDown() throws Exception {
    for (Process each : processes) {
      each.destroyForcibly().waitFor();
    }
    top.kill();
    top.remove(WAIT);
    open.forget("id");
  }

  private OpenCgroup opened() {
    return open.of("id", top);
  }

  private void startIn(Cgroup cgroup) throws IOException {
    Process process = new ProcessBuilder("sleep", "1000").start();
    processes.add(process);
    cgroup.attach((int) process.pid());
  }

  /** The open control files of the test's cgroup and of those inside it. */
  private List<String> descriptors() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      for (Path each : all.toList()) {
        if (Files.isSymbolicLink(each)) {
          String target = Files.readSymbolicLink(each).toString();
          if (target.startsWith(top.directory().toString())) {
            found.add(target.substring(top.directory().toString().length()));
          }
        }
      }
    }
    return found;
  }

  @Test
  void filesSayWhatTheCgroupSaysAndStayOpen() throws Exception {
    top.write("cgroup.max.depth", "7");
    for (int time = 0; time < 3; time++) {
      assertThat(opened().find("cgroup.max.depth")).isEqualTo(top.find("cgroup.max.depth"));
      assertThat(opened().counters("cgroup.stat")).isEqualTo(top.counters("cgroup.stat"));
      assertThat(opened().counters("cpu.stat")).containsKey("usage_usec");
      assertThat(opened().number("cgroup.max.depth")).hasValue(7);
      assertThat(opened().number("cgroup.max.descendants")).as("max").isEmpty();
    }
    assertThat(descriptors())
        .containsExactlyInAnyOrder(
            "/cgroup.max.depth", "/cgroup.stat", "/cpu.stat", "/cgroup.max.descendants");
  }

  @Test
  void laterReadsShowTheNewContent() throws Exception {
    assertThat(opened().number("cgroup.max.depth")).isEmpty();
    top.write("cgroup.max.depth", "3");
    assertThat(opened().number("cgroup.max.depth")).hasValue(3);
  }

  @Test
  void missingFileIsEmptyAndNotKept() throws Exception {
    assertThat(opened().find("no.such")).isEmpty();
    assertThat(opened().find("no.such")).isEmpty();
    assertThat(opened().counters("no.such")).isEmpty();
    assertThat(descriptors()).isEmpty();
  }

  @Test
  void removedCgroupIsEmptyAndOneOfTheSameNameIsReadAgain() throws Exception {
    assertThat(opened().counters("cgroup.events")).containsEntry("populated", 0L);
    assertThat(opened().processCount()).isZero();
    top.remove(WAIT);
    assertThat(opened().find("cgroup.events")).isEmpty();
    assertThat(opened().processCount()).isZero();
    assertThat(descriptors()).isEmpty();
    top.create();
    startIn(top);
    assertThat(opened().processCount()).isEqualTo(1);
    assertThat(opened().counters("cpu.stat")).containsKey("usage_usec");
  }

  @Test
  void processesInsideAreCountedAlsoAfterCgroupsComeAndGo() throws Exception {
    Cgroup first = top.child("first");
    Cgroup second = top.child("second");
    Cgroup nested = second.child("nested");
    first.create();
    assertThat(opened().processCount()).isZero();
    startIn(first);
    assertThat(opened().processCount()).isEqualTo(1);
    nested.create();
    startIn(nested);
    startIn(nested);
    assertThat(opened().processCount()).isEqualTo(3);
    // One goes and another comes: the number of cgroups inside stays the same.
    first.kill();
    first.remove(WAIT);
    Cgroup third = top.child("third");
    third.create();
    startIn(third);
    assertThat(opened().processCount()).isEqualTo(3).isEqualTo(top.allProcesses().size());
  }

  @Test
  void moreProcessesThanFitInOnePartAreCounted() throws Exception {
    Process shell =
        new ProcessBuilder(
                "sh",
                "-c",
                "echo $$ >\"$0\"; i=0; while [ $i -lt 700 ]; do sleep 1000 & i=$((i + 1)); done;"
                    + " wait",
                top.directory().resolve("cgroup.procs").toString())
            .start();
    processes.add(shell);
    long deadline = System.nanoTime() + 6 * WAIT.toNanos();
    while (top.allProcesses().size() < 701 && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(opened().processCount()).isEqualTo(701);
  }

  @Test
  void threadedCgroupInsideIsNotCountedTwice() throws Exception {
    startIn(top);
    Cgroup threads = top.child("threads");
    threads.createPlain();
    threads.write("cgroup.type", "threaded");
    assertThat(opened().processCount()).isEqualTo(1);
    assertThat(opened().processCount()).isEqualTo(1);
  }

  @Test
  void filesBeyondTheLimitAreReadWithoutBeingKept() throws Exception {
    OpenCgroups two = new OpenCgroups(2);
    for (int time = 0; time < 2; time++) {
      for (String file : List.of("cgroup.stat", "cgroup.events", "cpu.stat", "cgroup.type")) {
        assertThat(two.of("id", top).find(file)).isPresent();
      }
    }
    assertThat(descriptors()).containsExactlyInAnyOrder("/cgroup.stat", "/cgroup.events");
    two.forget("id");
    assertThat(descriptors()).isEmpty();
    two.of("id", top).find("cpu.stat");
    assertThat(descriptors()).as("the descriptors are free again").containsExactly("/cpu.stat");
    two.forget("id");
  }

  @Test
  void filesOfAnObjectThatIsGoneAreClosed() throws Exception {
    opened().find("cpu.stat");
    open.of("other", top).find("cgroup.stat");
    open.forget("id");
    assertThat(descriptors()).containsExactly("/cgroup.stat");
    open.forget("none");
    open.forget("other");
  }

  @Test
  void cgroupThatWasForgottenDuringAReadKeepsNothingOpen() throws Exception {
    OpenCgroup held = opened();
    open.forget("id");
    assertThat(held.counters("cpu.stat")).containsKey("usage_usec");
    assertThat(held.processCount()).isZero();
    assertThat(descriptors()).isEmpty();
  }

  @Test
  void filesThatNobodyReadsAreClosed() throws Exception {
    OpenCgroups brief = new OpenCgroups(100, Duration.ofMillis(20));
    brief.of("id", top).find("cpu.stat");
    long deadline = System.nanoTime() + WAIT.toNanos();
    while (!descriptors().isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(descriptors()).isEmpty();
    assertThat(brief.of("id", top).find("cpu.stat")).isPresent();
    brief.forget("id");
  }
}
