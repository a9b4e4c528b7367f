package io.jukung.runtime.stats;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.Metric;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.SandboxRecord;
import java.util.ArrayList;
import java.util.List;

/** The metrics of one pod, or of one container, at one time. */
public final class MetricSeries {
  /** The labels that every metric has. A family's own labels come after them. */
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
   * An empty series for a pod as a whole.
   *
   * @param cgroup the path of the pod's cgroup
   * @param time in nanoseconds since the epoch
   */
  public static MetricSeries ofPod(SandboxRecord sandbox, String cgroup, long time) {
    return new MetricSeries(
        List.of("", cgroup, "", sandbox.id(), sandbox.name().namespace(), sandbox.name().name()),
        time);
  }

  /**
   * An empty series for a container.
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
   * @param own the values of the family's own labels, in the family's order
   */
  void add(MetricFamily family, long value, String... own) {
    List<String> values = new ArrayList<>(labels);
    values.addAll(List.of(own));
    if (values.size() != family.descriptor().getLabelKeysCount()) {
      throw new IllegalArgumentException(
          family.descriptor().getName()
              + ": the label values "
              + values
              + " do not match the labels "
              + family.descriptor().getLabelKeysList());
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
