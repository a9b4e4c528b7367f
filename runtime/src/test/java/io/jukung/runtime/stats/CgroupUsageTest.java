package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CgroupUsageTest {
  @Test
  void workingSetExcludesInactiveFilePages() {
    assertThat(CgroupUsage.workingSet(100, Map.of("inactive_file", 30L))).isEqualTo(70);
    assertThat(CgroupUsage.workingSet(100, Map.of())).isEqualTo(100);
    // The kernel updates memory.stat later than memory.current.
    assertThat(CgroupUsage.workingSet(100, Map.of("inactive_file", 130L))).isZero();
  }

  @Test
  void usageOfARemovedCgroupIsEmpty() throws Exception {
    Cgroup gone = CgroupMount.find().at("/jukung-test-" + UUID.randomUUID());
    CgroupUsage usage = new CgroupUsage(gone, 1);
    assertThat(usage.cpu(new CpuRates(), "id", 0)).isEmpty();
    assertThat(usage.memory()).isEmpty();
    assertThat(usage.swap()).isEmpty();
    assertThat(usage.io()).isEmpty();
    MetricSeries series = MetricFamilyTest.series();
    new CgroupMetrics(gone, series).add(gone.allProcesses());
    assertThat(series.metrics()).isEmpty();
  }
}
