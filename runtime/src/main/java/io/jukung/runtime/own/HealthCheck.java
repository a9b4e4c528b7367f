package io.jukung.runtime.own;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Json;
import java.time.Duration;
import java.util.List;

/**
 * How the health of a container is learnt: a command that is run in it again and again. Times are
 * in nanoseconds.
 *
 * @param command the words of the command, which succeeds if the container is healthy
 * @param interval the time between the end of a probe and the next
 * @param timeout how long a probe may take
 * @param startPeriod the time after the start in which failures do not count
 * @param startInterval the time between probes in the start period
 * @param retries how many failures in a row make the container unhealthy
 */
public record HealthCheck(
    List<String> command,
    long interval,
    long timeout,
    long startPeriod,
    long startInterval,
    int retries) {
  /** Docker's smallest time: a probe costs a process. */
  private static final Duration SHORTEST = Duration.ofMillis(1);

  /** Longer times have no use, and sums of them would overflow. */
  private static final Duration LONGEST = Duration.ofDays(365);

  public HealthCheck {
    command = Json.orEmpty(command);
    if (command.isEmpty()) {
      throw CriException.invalidArgument("options.health.command is empty");
    }
    check("interval", interval, SHORTEST);
    check("timeout", timeout, SHORTEST);
    check("startPeriod", startPeriod, Duration.ZERO);
    check("startInterval", startInterval, SHORTEST);
    if (retries < 1) {
      throw CriException.invalidArgument("options.health.retries is not positive");
    }
  }

  private static void check(String name, long nanos, Duration least) {
    if (nanos < least.toNanos() || nanos > LONGEST.toNanos()) {
      throw CriException.invalidArgument(
          "options.health." + name + " is not between " + least + " and " + LONGEST);
    }
  }
}
