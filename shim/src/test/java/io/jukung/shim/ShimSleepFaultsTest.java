package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a shim, or makes a call fail, at each step of falling asleep and of waking ({@link
 * io.jukung.linux.process.Failpoint}). Needs root.
 */
@Timeout(600)
class ShimSleepFaultsTest {
  private static final Duration AFTER = Duration.ofMillis(200);
  private static final int ENOMEM = 12;

  /** More steps than falling asleep or waking has. */
  private static final int MOST_STEPS = 40;

  @TempDir Path work;

  /** A shim with a failpoint and a container that logs what the test says. */
  private final class Round implements AutoCloseable {
    final RunningShim shim;
    final Path failpoint;
    private final RandomAccessFile voice;
    private final Path log;

    Round(int number) throws Exception {
      Path directory = Files.createDirectory(work.resolve("round" + number));
      failpoint = directory.resolve("failpoint");
      log = directory.resolve("c1.log");
      Path fifo = directory.resolve("fifo");
      assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
      voice = new RandomAccessFile(fifo.toFile(), "rw");
      shim = RunningShim.startSleepy(directory, AFTER, List.of("-Djukung.failpoint=" + failpoint));
      shim.start(
          "c1",
          LaunchPlans.shell("exec <" + fifo + "; while read -r line; do echo \"$line\"; done"));
      say("first");
      RunningShim.await("the first line", () -> lines().equals(List.of("first")));
    }

    void say(String line) throws IOException {
      voice.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    List<String> lines() throws IOException {
      List<String> lines = new ArrayList<>();
      for (String line : Files.readAllLines(log)) {
        assertThat(line).matches("\\S+ stdout F .*");
        lines.add(line.split(" ", 4)[3]);
      }
      return lines;
    }

    boolean isLast(String line) throws IOException {
      return lines().getLast().equals(line);
    }

    void arm(String order) throws IOException {
      Files.deleteIfExists(struck());
      Path draft = Files.writeString(failpoint.resolveSibling("draft"), order);
      Files.move(draft, failpoint, StandardCopyOption.ATOMIC_MOVE);
    }

    Path struck() {
      return failpoint.resolveSibling("failpoint.struck");
    }

    boolean hasStruck() {
      return Files.exists(struck());
    }

    @Override
    public void close() throws Exception {
      shim.close();
      voice.close();
    }
  }

  @Test
  void shimKilledAtAnyStepOfFallingAsleepLeavesWholeLinesAndItsContainers() throws Exception {
    int steps = 0;
    for (boolean struck = true; struck; steps++) {
      try (Round round = new Round(steps)) {
        List<ProcessHandle> children = round.shim.children();
        round.arm(Integer.toString(steps + 1));
        RunningShim.await("sleep or death", () -> !round.shim.isAlive() || round.shim.isAsleep());
        struck = round.hasStruck();
        assertThat(round.shim.isAlive()).isEqualTo(!struck);
        if (struck) {
          assertThat(round.shim.daemon().isClosedByShim()).isTrue();
        }
        assertThat(round.lines()).containsExactly("first");
        assertThat(children).hasSize(1).allMatch(ProcessHandle::isAlive);
        children.forEach(ProcessHandle::destroyForcibly);
      }
    }
    assertThat(steps).isBetween(4, MOST_STEPS);
  }

  @Test
  void shimKilledAtAnyStepOfWakingLeavesWholeLinesAndItsContainers() throws Exception {
    int step = 0;
    for (boolean struck = true; struck; ) {
      step++;
      try (Round round = new Round(step)) {
        List<ProcessHandle> children = round.shim.children();
        round.shim.awaitAsleep();
        round.arm(Integer.toString(step));
        round.say("second");
        RunningShim.await(
            "death, or the line", () -> !round.shim.isAlive() || round.isLast("second"));
        // What strikes after the line is logged is a step of falling asleep again.
        struck = !round.isLast("second");
        if (struck) {
          assertThat(round.hasStruck()).as("step %s", step).isTrue();
          assertThat(round.shim.daemon().isClosedByShim()).isTrue();
          assertThat(round.lines()).containsExactly("first");
        }
        assertThat(children).hasSize(1).allMatch(ProcessHandle::isAlive);
        children.forEach(ProcessHandle::destroyForcibly);
      }
    }
    assertThat(step).isBetween(2, MOST_STEPS);
  }

  @Test
  void shimKilledAsleepClosesItsConnection() throws Exception {
    try (Round round = new Round(0)) {
      List<ProcessHandle> children = round.shim.children();
      round.shim.awaitAsleep();
      new ProcessBuilder("kill", "-KILL", Integer.toString(round.shim.pid())).start().waitFor();
      assertThat(round.shim.daemon().isClosedByShim()).isTrue();
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void aFailureAtAnyStepOfFallingAsleepKeepsTheShimAwakeUntilTheNextAttempt() throws Exception {
    try (Round round = new Round(0)) {
      List<String> expected = new ArrayList<>(List.of("first"));
      int step = 1;
      for (boolean struck = true; struck; step++) {
        round.arm(step + " " + ENOMEM);
        round.shim.awaitAsleep(); // at the second attempt, if the first one fails
        struck = round.hasStruck();
        String line = "after step " + step;
        round.say(line);
        expected.add(line);
        RunningShim.await("the line is logged", () -> round.lines().equals(expected));
        assertThat(step).isLessThan(MOST_STEPS);
      }
      assertThat(step).isGreaterThan(5);
    }
  }

  @Test
  void aFailureAtAnyStepOfWakingIsTriedAgainAndLosesNothing() throws Exception {
    try (Round round = new Round(0)) {
      List<String> expected = new ArrayList<>(List.of("first"));
      for (int step = 1; ; step++) {
        round.shim.awaitAsleep();
        round.arm(step + " " + ENOMEM);
        String line = "after step " + step;
        round.say(line);
        expected.add(line);
        RunningShim.await("the failpoint is read", () -> !Files.exists(round.failpoint));
        RunningShim.await(
            "a step fails, or all is well", () -> round.hasStruck() || round.isLast(line));
        if (!round.hasStruck() || Files.readString(round.struck()).equals("WRITE")) {
          assertThat(step).isGreaterThan(2);
          return; // the write of the line itself, which a log may drop
        }
        RunningShim.await("the line is logged", () -> round.lines().equals(expected));
        assertThat(step).isLessThan(MOST_STEPS);
      }
    }
  }
}
