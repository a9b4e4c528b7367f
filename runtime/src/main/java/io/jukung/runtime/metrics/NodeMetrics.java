package io.jukung.runtime.metrics;

import io.jukung.cri.client.Release;
import io.jukung.runtime.recovery.RecoveryReport;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.shim.ShimCounts;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What there is on the node: pods, containers, images, shims. */
public final class NodeMetrics {
  /**
   * Where the numbers come from.
   *
   * @param images how many images there are
   * @param leftOutBytes how many bytes of output the limits of logs have left out
   * @param pulls how many pulls are under way
   */
  public record Sources(
      SandboxStore sandboxes,
      ContainerStore containers,
      IntSupplier images,
      IntSupplier pulls,
      PodShims shims,
      Supplier<ShimCounts> pool,
      LongSupplier leftOutBytes,
      Supplier<RecoveryReport> recovery) {}

  private final Sources from;

  public NodeMetrics(Sources from) {
    this.from = from;
  }

  public List<Family> families() {
    return List.of(
        Reading.gauges(
            "jukung_build_info",
            "version",
            "Always 1; the label names the release that runs",
            to -> to.number(Labels.of("version", Release.version()), 1)),
        Reading.gauges("jukung_pods", "state", "Pods, by their state", this::pods),
        Reading.gauges(
            "jukung_containers", "state", "Containers, by their state", this::containers),
        Reading.gauge("jukung_images", "Images", () -> from.images().getAsInt()),
        Reading.gauge(
            "jukung_pulls_under_way", "Pulls that have not ended", () -> from.pulls().getAsInt()),
        Reading.gauges(
            "jukung_shims",
            "state",
            "Shims of pods, awake or asleep as far as the daemon was told",
            this::shims),
        Reading.gauges(
            "jukung_spare_shims",
            "state",
            "Shims without a pod: ready for one, or being started",
            this::spares),
        Reading.gauge(
            "jukung_pods_waiting_for_shim",
            "Pods that have found no spare shim and wait for one",
            () -> from.pool().get().waiting()),
        Reading.counter(
            "jukung_shim_sleeps_total",
            "How often shims have fallen asleep",
            () -> from.pool().get().sleeps()),
        Reading.counter(
            "jukung_shim_wakes_total",
            "How often sleeping shims have woken",
            () -> from.pool().get().wakes()),
        Reading.counter(
            "jukung_container_log_left_out_bytes_total",
            "Bytes of containers' output that are not in their logs because of a limit of size or"
                + " rate",
            () -> from.leftOutBytes().getAsLong()),
        Reading.gauges(
            "jukung_recovery_seconds",
            "phase",
            "How long the daemon took to read its records before it served, and how long after its"
                + " start all pods were taken up; a phase that has not ended is missing",
            this::recovery),
        Reading.gauge(
            "jukung_recovery_damaged_records",
            "Records of pods and containers that were damaged when the daemon started",
            () -> from.recovery().get().damagedRecords()));
  }

  private void pods(SeriesWriter to) {
    byState(to, SandboxRecord.State.class, from.sandboxes().all(), each -> each.record().state());
  }

  private void containers(SeriesWriter to) {
    byState(
        to,
        ContainerStatusRecord.State.class,
        from.containers().all(),
        each -> each.status().state());
  }

  private static <S extends Enum<S>, T> void byState(
      SeriesWriter to, Class<S> states, Collection<T> all, Function<T, S> state) {
    Map<S, Integer> counts = new EnumMap<>(states);
    for (S each : states.getEnumConstants()) {
      counts.put(each, 0); // a series that comes and goes has gaps in its graph
    }
    all.forEach(each -> counts.merge(state.apply(each), 1, Integer::sum));
    counts.forEach((each, count) -> to.number(state(each.name().toLowerCase(Locale.ROOT)), count));
  }

  private static Labels state(String state) {
    return Labels.of("state", state);
  }

  private void shims(SeriesWriter to) {
    int all = 0;
    int asleep = 0;
    for (var shim : from.shims().all()) {
      all++;
      asleep += shim.isAsleep() ? 1 : 0;
    }
    to.number(state("awake"), all - asleep);
    to.number(state("asleep"), asleep);
  }

  private void spares(SeriesWriter to) {
    ShimCounts counts = from.pool().get();
    to.number(state("ready"), counts.ready());
    to.number(state("starting"), counts.starting());
  }

  private void recovery(SeriesWriter to) {
    RecoveryReport report = from.recovery().get();
    to.number(Labels.of("phase", "records"), seconds(report.read()));
    report.takenUp().ifPresent(took -> to.number(Labels.of("phase", "pods"), seconds(took)));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
