package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Shims that sleep and wake again and again, each time for a line of their container or for an
 * ExecSync. No line, exit code or descriptor may be lost.
 *
 * @param cycles how often a shim falls asleep and wakes, all shims together
 * @param pods how many shims
 */
public record WakeCycles(int cycles, int pods) implements Load {
  private static final Duration BOUND = Duration.ofMinutes(4);
  private static final int POLL_MILLIS = 10;
  private static final int EXIT_CODES = 100;
  private static final int REPORTS = 20;

  /** Between two lines, so that a shim falls asleep in between. */
  private static final String COUNT = "i=0; while :; do sleep 2; echo $i; i=$((i + 1)); done";

  @Override
  public String configuration() {
    return "[shim]\nsleep_after = \"200ms\"\n";
  }

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    List<Cycled> cycled = new ArrayList<>();
    for (int i = 0; i < pods; i++) {
      cycled.add(Cycled.start(testbed, "cycled-" + i));
    }
    long start = System.nanoTime();
    int done = 0;
    for (int i = 1; i <= REPORTS; i++) {
      int each = Math.ceilDiv(cycles, pods * REPORTS);
      cycle(cycled, each);
      done += each * pods;
      report.line("%d cycles of sleep and wake", done);
    }
    for (Cycled each : cycled) {
      each.assertNothingLost();
    }
    report.line(
        "%d cycles of %d shims in %.0f s: no line, exit code or descriptor is lost",
        done, pods, (System.nanoTime() - start) / 1e9);
    cycled.forEach(each -> each.pod.remove());
  }

  private static void cycle(List<Cycled> cycled, int times) throws Exception {
    List<Future<?>> workers = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(cycled.size())) {
      for (Cycled each : cycled) {
        workers.add(
            executor.submit(
                () -> {
                  for (int i = 0; i < times; i++) {
                    each.cycle(i);
                  }
                  return null;
                }));
      }
    }
    for (Future<?> worker : workers) {
      worker.get();
    }
  }

  /**
   * A pod whose shim sleeps and wakes.
   *
   * @param process the shim's directory in the node's /proc
   * @param descriptors what the shim has open while it sleeps
   */
  private record Cycled(Testbed testbed, LoadedPod pod, Path process, List<String> descriptors) {
    static Cycled start(Testbed testbed, String name) throws Exception {
      LoadedPod pod =
          LoadedPod.start(testbed, name, NamespaceMode.NODE, List.of("sh", "-c", COUNT));
      Path process =
          Path.of(
              "/proc",
              Long.toString(testbed.node().initPid()),
              "root/proc",
              testbed.shim(pod.id()));
      Cycled fresh = new Cycled(testbed, pod, process, List.of());
      fresh.exec(0); // opens what is opened once
      fresh.awaitAsleep();
      return new Cycled(testbed, pod, process, fresh.open());
    }

    private interface Condition {
      boolean holds() throws IOException;
    }

    private void await(String what, Condition condition) throws Exception {
      long deadline = System.nanoTime() + BOUND.toNanos();
      while (!condition.holds()) {
        assertThat(System.nanoTime()).as("%s, pod %s", what, pod.id()).isLessThan(deadline);
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    }

    private boolean isAsleep() throws IOException {
      try {
        return Files.readSymbolicLink(process.resolve("exe")).toString().contains("asleep");
      } catch (NoSuchFileException e) {
        // A process of several threads has no program for a moment while one of them executes
        // another program: the first thread has ended, and the other takes its place.
        assertThat(process).as("the shim of pod %s", pod.id()).exists();
        return false;
      }
    }

    /** Waits until the keeper waits too: its first steps open and close a descriptor. */
    void awaitAsleep() throws Exception {
      await("the shim sleeps", () -> isAsleep() && isWaiting());
    }

    private boolean isWaiting() throws IOException {
      String stat = Files.readString(process.resolve("stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'S'; // proc_pid_stat(5)
    }

    private void exec(int code) {
      int actual =
          testbed
              .exec(pod.container(), BOUND.toSeconds(), "sh", "-c", "exit " + code)
              .getExitCode();
      assertThat(actual).as("exit code").isEqualTo(code);
    }

    /** Waits until the shim sleeps, and then until it has done something. */
    void cycle(int number) throws Exception {
      awaitAsleep();
      if (number % 2 == 0) {
        exec(number % EXIT_CODES);
      } else {
        long before = Files.size(pod.log());
        await("a line", () -> Files.size(pod.log()) > before);
      }
    }

    /** What the shim has open. The numbers are not the same after each wake. */
    private List<String> open() throws IOException {
      List<String> names = new ArrayList<>();
      try (Stream<Path> entries = Files.list(process.resolve("fd"))) {
        for (Path entry : entries.toList()) {
          names.add(Files.readSymbolicLink(entry).toString().replaceFirst(":.*", ""));
        }
      }
      return names.stream().sorted().toList();
    }

    void assertNothingLost() throws Exception {
      awaitAsleep();
      assertThat(open()).as("descriptors of the shim").isEqualTo(descriptors);
      int expected = 0;
      for (String line : Files.readAllLines(pod.log())) {
        assertThat(line).matches("\\S+ stdout F " + expected);
        expected++;
      }
      assertThat(expected).isPositive();
    }
  }
}
