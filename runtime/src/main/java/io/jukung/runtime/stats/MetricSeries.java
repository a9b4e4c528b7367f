package io.jukung.runtime.stats;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.Metric;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.SandboxRecord;
import java.util.ArrayList;
import java.util.List;

/** The metrics of one pod, or of one container, at one time. */
public final class MetricSeries {
  /** The labels of every metric; a family's own come after them. */
  static final List<String> COMMON_LABELS =
      List.of("container", "id", "image", "name", "namespace", "pod");

  private final List<String> labels;
  private final long time;
  private final List<Metric> metrics = new ArrayList<>();

  MetricSeries(List<String> labels, long time) {
    this.labels = labels;
    this.time = time;
  }

  /**
   * Begins those of a pod as a whole.
   *
   * @param cgroup its path
   * @param time in nanoseconds since the epoch
   */
  public static MetricSeries ofPod(SandboxRecord sandbox, String cgroup, long time) {
    return new MetricSeries(
        List.of("", cgroup, "", sandbox.id(), sandbox.name().namespace(), sandbox.name().name()),
        time);
  }

  /**
   * Begins those of a container.
   *
   * @param time in nanoseconds since the epoch
   */
  public static MetricSeries ofContainer(
      SandboxRecord sandbox, ContainerRecord container, long time) {
    return new MetricSeries(
        List.of(
            container.name().name(),
            container.cgroup(),
            container.image().image(),
            container.id(),
            sandbox.name().namespace(),
            sandbox.name().name()),
        time);
  }

  /**
   * Adds a value.
   *
   * @param own the family's own labels, in their order
   */
  void add(MetricFamily family, long value, String... own) {
    List<String> values = new ArrayList<>(labels);
    values.addAll(List.of(own));
    if (values.size() != family.descriptor().getLabelKeysCount()) {
      throw new IllegalArgumentException(
          family.descriptor().getName() + " has not the labels " + values);
    }
    metrics.add(
        Metric.newBuilder()
            .setName(family.descriptor().getName())
            .setTimestamp(time)
            .setMetricType(family.type())
            .addAllLabelValues(values)
            .setValue(UInt64.of(value))
            .build());
  }

  long time() {
    return time;
  }

  public List<Metric> metrics() {
    return metrics;
  }
}
