package io.jukung.engine.usage;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.PodSandboxStatsRequest;
import io.jukung.engine.daemon.Daemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What a container has used until one moment.
 *
 * @param pod what its pod has used, which has no other container if jukung's clients have made it
 * @param systemNanos the processor time of the node since its start, idling included
 */
record Sample(Instant read, ContainerStats container, LinuxPodSandboxStats pod, long systemNanos) {
  /** The unit of /proc/stat: USER_HZ, which is 100 on all architectures of jukung. */
  private static final long NANOS_PER_TICK = 10_000_000L;

  /** The numbers of the first line that docker sums up: user to steal, without guests. */
  private static final int FIELDS = 8;

  /**
   * Asks the daemon.
   *
   * @return empty if the container does not run
   */
  static Optional<Sample> of(Daemon daemon, Container container) throws IOException {
    LinuxPodSandboxStats pod =
        daemon
            .runtime()
            .podSandboxStats(
                PodSandboxStatsRequest.newBuilder()
                    .setPodSandboxId(container.getPodSandboxId())
                    .build())
            .getStats()
            .getLinux();
    long system = nodeNanos();
    return pod.getContainersList().stream()
        .filter(each -> each.getAttributes().getId().equals(container.getId()))
        .findFirst()
        .map(each -> new Sample(Instant.now(), each, pod, system));
  }

  /**
   * The time of all processors of the node since it booted, busy or idle, in nanoseconds
   * (proc_stat(5)).
   */
  private static long nodeNanos() throws IOException {
    try (var lines = Files.newBufferedReader(Path.of("/proc/stat"))) {
      String first = lines.readLine();
      if (first == null || !first.startsWith("cpu ")) {
        throw new IOException("/proc/stat does not begin with the line cpu");
      }
      String[] numbers = first.substring("cpu".length()).strip().split("\\s+", -1);
      long ticks = 0;
      for (int i = 0; i < Math.min(FIELDS, numbers.length); i++) {
        ticks += Long.parseLong(numbers[i]);
      }
      return ticks * NANOS_PER_TICK;
    }
  }
}
