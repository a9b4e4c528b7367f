package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Metric;
import io.jukung.runtime.store.ContainerRecord.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ContainerSeriesTest {
  private final MetricSeries series = MetricFamilyTest.series();
  private final ContainerSeries metrics = new ContainerSeries(series);

  private long value(MetricFamily family) {
    return series.metrics().stream()
        .filter(each -> each.getName().equals(family.descriptor().getName()))
        .mapToLong(each -> each.getValue().getValue())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void containerWithoutLimitsHasMemoryLimitsOfZeroAndNoCpuLimits() {
    metrics.addLimits(null, OptionalLong.empty());
    assertThat(series.metrics())
        .extracting(Metric::getName)
        .containsExactly(
            "container_spec_memory_limit_bytes", "container_spec_memory_swap_limit_bytes");
    assertThat(value(MetricFamily.SPEC_MEMORY_LIMIT_BYTES)).isZero();
  }

  @Test
  void memoryLimitIsThatOfTheKernelWhichRoundsItDownToPages() {
    Resources asked = new Resources(0, 0, 0, 80_000_000, 0, 0, "", "", Map.of(), Map.of());
    metrics.addLimits(asked, OptionalLong.of(79_998_976));
    assertThat(value(MetricFamily.SPEC_MEMORY_LIMIT_BYTES)).isEqualTo(79_998_976);
  }

  @Test
  void descriptorsAndSocketsOfAProcessAreCounted() throws IOException {
    int pid = (int) ProcessHandle.current().pid();
    long open;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      open = descriptors.count();
    }
    metrics.addProcesses(List.of(pid), pid);
    // The two counts have descriptors of their own open, and the JVM may open or close some.
    assertThat(value(MetricFamily.FILE_DESCRIPTORS)).isBetween(open - 20, open + 20);
    assertThat(value(MetricFamily.SOCKETS)).isLessThan(value(MetricFamily.FILE_DESCRIPTORS));
    assertThat(value(MetricFamily.ULIMITS_SOFT)).isPositive();
  }

  @Test
  void processThatHasEndedIsNotCounted() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    int pid = (int) ended.pid();
    metrics.addProcesses(List.of(pid), pid);
    assertThat(value(MetricFamily.FILE_DESCRIPTORS)).isZero();
    assertThat(series.metrics())
        .extracting(Metric::getName)
        .doesNotContain("container_ulimits_soft");
  }
}
