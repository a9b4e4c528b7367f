package io.jukung.runtime.metrics;

import io.jukung.cri.ErrorKind;
import io.jukung.image.pull.ActivePulls.Progress;
import io.jukung.image.pull.PullObserver;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts pulls. Thread-safe. */
public final class PullMetrics implements PullObserver {
  private static final List<Double> BOUNDS_SECONDS = List.of(0.5, 2.0, 10.0, 30.0, 120.0, 600.0);

  /** Hosts are named by images, so by the users of the cluster. Those above the limit share one. */
  static final int MAX_HOSTS = 50;

  static final String OTHER_HOSTS = "other";

  private final Durations durations =
      new Durations(
          "jukung_pull_seconds",
          List.of("code"),
          "How long pulls took, by the gRPC code of their end",
          BOUNDS_SECONDS);

  private final Counters bytes =
      new Counters(
          "jukung_pull_bytes_total", List.of(), "Bytes of layers that pulls have downloaded");

  private final Counters hosts =
      new Counters(
          "jukung_pull_hosts_total",
          List.of("host"),
          "Pulls to which a registry or mirror has delivered something");

  public PullMetrics() {
    bytes.add(Labels.NONE, 0);
  }

  public List<Family> families() {
    return List.of(durations, bytes, hosts);
  }

  @Override
  public void ended(Progress pull, Duration duration, @Nullable ErrorKind failure) {
    durations.observe(Labels.of("code", failure == null ? "OK" : failure.name()), duration);
    bytes.add(Labels.NONE, pull.arrivedBytes());
    pull.hosts().forEach(this::count);
  }

  private synchronized void count(String host) {
    Labels labels = Labels.of("host", host);
    boolean fits = hosts.has(labels) || hosts.size() < MAX_HOSTS;
    hosts.add(fits ? labels : Labels.of("host", OTHER_HOSTS), 1);
  }
}
