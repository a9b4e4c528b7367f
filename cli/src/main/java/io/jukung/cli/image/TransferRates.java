package io.jukung.cli.image;

import io.jukung.cli.text.HumanSize;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** How quickly blobs move, on the average since they began to. Not thread-safe. */
final class TransferRates {
  /** Averages of a shorter time say more about buffers than about the network. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  private final InstantSource clock;
  private final Map<String, Begun> moving = new HashMap<>();

  private record Begun(Instant at, long doneBytes) {}

  TransferRates(InstantSource clock) {
    this.clock = clock;
  }

  /** Returns the rate as in {@code " 12.3MB/s"}; empty where there is none yet. */
  String of(Transfer transfer) {
    Instant now = clock.instant();
    Begun begun =
        moving.computeIfAbsent(transfer.digest(), _ -> new Begun(now, transfer.doneBytes()));
    Duration elapsed = Duration.between(begun.at, now);
    long bytes = transfer.doneBytes() - begun.doneBytes;
    return elapsed.compareTo(SHORTEST) < 0 || bytes <= 0
        ? ""
        : " " + HumanSize.format(bytes * 1000 / elapsed.toMillis()) + "/s";
  }
}
