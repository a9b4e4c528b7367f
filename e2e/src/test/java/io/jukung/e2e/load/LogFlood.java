package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Containers write numbered lines as fast as they can, while their logs are rotated again and
 * again. Each line must be in a log once, in its order.
 *
 * @param pods how many containers write at once, each in a pod of its own
 * @param megabytes how much each of them writes
 */
public record LogFlood(int pods, int megabytes) implements Load {
  private static final int LINE_BYTES = 1_000;

  /** Larger than kubelet's default of 10 MiB, which the flood would fill several times a second. */
  private static final long ROTATE_BYTES = 64 << 20;

  private static final long POLL_MILLIS = 20;

  /** The heap of a shim is at most 16 MiB. */
  private static final long MAX_SHIM_KIB = 64 << 10;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    Snapshot before = testbed.snapshot();
    List<Future<Long>> floods = new ArrayList<>();
    try (Bystander bystander = Bystander.start(testbed)) {
      long start = System.nanoTime();
      try (ExecutorService executor = Executors.newThreadPerTaskExecutor(Thread::new)) {
        for (int i = 0; i < pods; i++) {
          String name = "flood-" + i;
          floods.add(executor.submit(() -> flood(testbed, name, report)));
        }
      }
      long lines = 0;
      for (Future<Long> flood : floods) {
        lines += flood.get();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      report.line(
          "%d lines of %d bytes in %.1f s: %.0f MB/s, none lost",
          lines, LINE_BYTES, seconds, lines * LINE_BYTES / 1e6 / seconds);
      bystander.assertAnswered(report);
    }
    testbed.assertNothingLeft(before);
  }

  /** Runs one container to its end, and returns the number of its lines. */
  private long flood(Testbed testbed, String name, Report report) throws Exception {
    long lines = megabytes * 1_000_000L / LINE_BYTES;
    String script =
        "BEGIN { pad = sprintf(\"%"
            + (LINE_BYTES - 10)
            + "s\", \"\"); for (i = 0; i < "
            + lines
            + "; i++) printf \"%09d%s\\n\", i, pad }";
    LoadedPod pod = LoadedPod.start(testbed, name, NamespaceMode.NODE, List.of("awk", script));
    String shim = testbed.shim(pod.id());
    long checked = 0;
    int rotations = 0;
    while (true) {
      boolean isRunning =
          testbed.status(pod.container()).getState() == ContainerState.CONTAINER_RUNNING;
      if (isRunning && Files.size(pod.log()) > ROTATE_BYTES) {
        Path rotated = pod.log().resolveSibling("rotated");
        Files.move(pod.log(), rotated);
        if (reopen(testbed, pod)) {
          rotations++;
        }
        checked = check(rotated, checked);
        Files.delete(rotated);
      }
      if (!isRunning) {
        break;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    if (Files.exists(pod.log())) {
      checked = check(pod.log(), checked);
    }
    long peak = Usage.peakKib(testbed, shim);
    report.line(
        "%s: %d lines, %d rotations, peak of the shim's resident memory %d MiB",
        name, checked, rotations, peak >> 10);
    assertThat(checked).as("lines of " + name).isEqualTo(lines);
    assertThat(peak).as("KiB of the shim").isLessThan(MAX_SHIM_KIB);
    pod.remove();
    return lines;
  }

  /** Asks for a new log file; false if the container has ended meanwhile. */
  private static boolean reopen(Testbed testbed, LoadedPod pod) {
    try {
      testbed
          .client()
          .runtime()
          .reopenContainerLog(
              ReopenContainerLogRequest.newBuilder().setContainerId(pod.container()).build());
      return true;
    } catch (StatusRuntimeException e) {
      if (testbed.status(pod.container()).getState() == ContainerState.CONTAINER_RUNNING) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Checks that the lines of a file are numbered without a gap.
   *
   * @param next the number of the first line
   * @return the number after that of the last line
   */
  private static long check(Path log, long next) throws IOException {
    long expected = next;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(log), 1 << 20)) {
      byte[] line = new byte[LINE_BYTES + 128];
      for (int length = readLine(in, line); length > 0; length = readLine(in, line)) {
        int message = message(line, length, log);
        assertThat(length - message).as("bytes of line %d", expected).isEqualTo(LINE_BYTES - 1);
        long number = 0;
        for (int i = message; i < message + 9; i++) {
          number = number * 10 + (line[i] - '0');
        }
        if (number != expected) {
          throw new AssertionError(
              "%s has line %d where line %d should be".formatted(log, number, expected));
        }
        expected++;
      }
    }
    return expected;
  }

  /** The offset of the message, which follows the time stamp, the stream and the tag. */
  private static int message(byte[] line, int length, Path log) {
    int offset = 0;
    for (int field = 0; field < 3; field++) {
      while (offset < length && line[offset] != ' ') {
        offset++;
      }
      offset++;
    }
    if (offset + 9 > length) {
      throw new AssertionError(log + " has a line of " + length + " bytes");
    }
    return offset;
  }

  private static int readLine(InputStream in, byte[] line) throws IOException {
    int length = 0;
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      line[length++] = (byte) next;
    }
    return length;
  }
}
