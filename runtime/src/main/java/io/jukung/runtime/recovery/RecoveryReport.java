package io.jukung.runtime.recovery;

import java.time.Duration;
import java.util.Optional;

/**
 * How the last recovery has gone.
 *
 * @param read how long the daemon took to read its records, before it served
 * @param takenUp how long after its start every pod was taken up; empty: not yet
 * @param damagedRecords how many records of pods and containers were damaged
 */
public record RecoveryReport(Duration read, Optional<Duration> takenUp, int damagedRecords) {}
