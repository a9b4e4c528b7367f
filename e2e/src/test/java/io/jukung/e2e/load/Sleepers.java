package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Pods whose shims sleep: what idle ones take, how long a shim takes to wake, and what a node costs
 * on which every pod logs.
 *
 * @param pods how many
 * @param seconds how long pods that log are watched
 */
public record Sleepers(int pods, int seconds) implements Load {
  private static final Duration BOUND = Duration.ofMinutes(2);
  private static final int MOST_KILOBYTES = 200;
  private static final int EXEC_ROUNDS = 4;

  /** Longer than the shims of this load are awake. */
  private static final int PAUSE_SECONDS = 6;

  /** Prints the seconds since the boot, with two decimals. */
  private static final String SAY_TIME = "read -r now idle </proc/uptime; echo $now";

  private static final double MILLIS_PER_TICK = 10;
  private static final long NANOS_PER_MILLI = 1_000_000;

  @Override
  public String configuration() {
    return "[shim]\nsleep_after = \"1s\"\n";
  }

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    report.line("load of the machine: %s", Files.readString(Path.of("/proc/loadavg")).strip());
    new Idle(testbed, report).run("sleep 100000");
    new Seldom(testbed, report)
        .run("while :; do sleep " + PAUSE_SECONDS + "; " + SAY_TIME + "; done");
    new Often(testbed, report).run("while :; do " + SAY_TIME + "; usleep 500000; done");
  }

  /** Pods that are alike, and what is measured of them. */
  private abstract class Kind {
    final Testbed testbed;
    final Report report;
    final List<LoadedPod> started = new ArrayList<>();
    final List<String> shims = new ArrayList<>();

    Kind(Testbed testbed, Report report) {
      this.testbed = testbed;
      this.report = report;
    }

    abstract void measure() throws Exception;

    void run(String script) throws Exception {
      for (int i = 0; i < pods; i++) {
        List<String> command = List.of("sh", "-c", script);
        LoadedPod pod = LoadedPod.start(testbed, "sleeper-" + i, NamespaceMode.NODE, command);
        started.add(pod);
        shims.add(testbed.shim(pod.id()));
      }
      measure();
      started.forEach(LoadedPod::remove);
    }

    private String shell(String script) throws Exception {
      return testbed.node().run("sh", "-c", script).stdout().strip();
    }

    private String files(String name) {
      return shims.stream()
          .map(pid -> "/proc/" + pid + "/" + name)
          .collect(Collectors.joining(" "));
    }

    long asleep() throws Exception {
      return shell("readlink " + files("exe")).lines().filter(x -> x.contains("asleep")).count();
    }

    void awaitAsleep() throws Exception {
      Await.until("all shims sleep", BOUND, () -> asleep() == pods);
    }

    /** The proportional set size of all shims. */
    long kilobytes() throws Exception {
      String sum = "cat " + files("smaps_rollup") + " | awk '/^Pss:/ {s += $2} END {print s}'";
      return Long.parseLong(shell(sum));
    }

    double processorMillis() throws Exception {
      String ticks =
          "cat " + files("stat") + " | sed 's/.*) //' | awk '{s += $12 + $13} END {print s}'";
      return Long.parseLong(shell(ticks)) * MILLIS_PER_TICK;
    }

    /** Adds how long after its printing each line was logged. The clock has steps of 10 ms. */
    void assertLines(Times times) throws Exception {
      long boot = bootNanos();
      for (LoadedPod pod : started) {
        for (String line : Files.readAllLines(pod.log())) {
          String[] fields = line.split(" ", -1);
          assertThat(fields).as(line).hasSize(4);
          Instant logged = Instant.parse(fields[0]);
          long nanos = logged.getEpochSecond() * 1_000_000_000 + logged.getNano();
          long said = boot + uptimeNanos(fields[3]);
          times.add(Math.max(0, nanos - said) / NANOS_PER_MILLI);
        }
      }
    }
  }

  private static long bootNanos() throws IOException {
    String uptime = Files.readString(Path.of("/proc/uptime"));
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000 + now.getNano() - uptimeNanos(uptime);
  }

  private static long uptimeNanos(String uptime) {
    return Math.round(Double.parseDouble(uptime.strip().split(" ", -1)[0]) * 1e9);
  }

  /** Pods that do nothing, so that their shims sleep until a call needs them. */
  private final class Idle extends Kind {
    Idle(Testbed testbed, Report report) {
      super(testbed, report);
    }

    @Override
    void measure() throws Exception {
      report.line("%d pods, %d of them asleep: PSS %d kB", pods, asleep(), kilobytes());
      awaitAsleep();
      long kilobytes = kilobytes();
      report.line("%d idle pods, all asleep: PSS %d kB", pods, kilobytes);
      assertThat(kilobytes).isLessThan((long) MOST_KILOBYTES * pods);
      Times sleeping = new Times();
      Times awake = new Times();
      double before = processorMillis();
      for (int round = 0; round < EXEC_ROUNDS; round++) {
        awaitAsleep();
        for (LoadedPod pod : started) {
          sleeping.measure(() -> testbed.exec(pod.container(), "true"));
          awake.measure(() -> testbed.exec(pod.container(), "true"));
        }
      }
      awaitAsleep();
      report.line("ExecSync where the shim sleeps: %s", sleeping);
      report.line("ExecSync where it is awake: %s", awake);
      report.line(
          "processor for a wake, two ExecSync and falling asleep: %.1f ms",
          (processorMillis() - before) / sleeping.count());
    }
  }

  /** Pods that log a line now and then, for which their shims wake. */
  private final class Seldom extends Kind {
    Seldom(Testbed testbed, Report report) {
      super(testbed, report);
    }

    @Override
    void measure() throws Exception {
      Await.until("a shim sleeps", BOUND, () -> asleep() > 0);
      double before = processorMillis();
      TimeUnit.SECONDS.sleep(seconds);
      double spent = processorMillis() - before;
      Times wakes = new Times();
      assertLines(wakes);
      report.line("from the printing of a line to its log, asleep before: %s", wakes);
      report.line(
          "processor for each line (wake, log, fall asleep): %.1f ms",
          spent / ((double) seconds / PAUSE_SECONDS * pods));
    }
  }

  /** Pods that log two lines each second, whose shims never sleep. */
  private final class Often extends Kind {
    Often(Testbed testbed, Report report) {
      super(testbed, report);
    }

    @Override
    void measure() throws Exception {
      double before = processorMillis();
      TimeUnit.SECONDS.sleep(seconds);
      double spent = processorMillis() - before;
      Times lines = new Times();
      assertLines(lines);
      report.line("from the printing of a line to its log, awake: %s", lines);
      report.line(
          "%d pods that log twice each second: %d asleep, PSS %d kB, %.1f ms of processor per second",
          pods, asleep(), kilobytes(), spent / seconds);
    }
  }
}
