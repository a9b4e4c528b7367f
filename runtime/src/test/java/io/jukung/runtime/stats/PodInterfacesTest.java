package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.NetworkUsage;
import io.jukung.linux.net.InterfaceCounters;
import io.jukung.linux.net.InterfaceCounters.Direction;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodInterfacesTest {
  private static InterfaceCounters counters(String name, long bytes) {
    return new InterfaceCounters(
        name, new Direction(bytes, 10, 1, 2), new Direction(2 * bytes, 20, 3, 4));
  }

  @Test
  void eth0IsTheDefaultInterfaceOfAPod() {
    NetworkUsage usage =
        PodInterfaces.usage(List.of(counters("net1", 7), counters("eth0", 100)), 5).orElseThrow();
    assertThat(usage.getTimestamp()).isEqualTo(5);
    NetworkInterfaceUsage eth0 = usage.getDefaultInterface();
    assertThat(eth0.getName()).isEqualTo("eth0");
    assertThat(eth0.getRxBytes().getValue()).isEqualTo(100);
    assertThat(eth0.getRxErrors().getValue()).isEqualTo(1);
    assertThat(eth0.getTxBytes().getValue()).isEqualTo(200);
    assertThat(eth0.getTxErrors().getValue()).isEqualTo(3);
    assertThat(usage.getInterfacesList())
        .extracting(NetworkInterfaceUsage::getName)
        .containsExactly("net1");
  }

  /** kubelet panics over a network without a default interface. */
  @Test
  void podWithoutItsDefaultInterfaceHasNoUsageOfANetwork() {
    assertThat(PodInterfaces.usage(List.of(), 5)).isEmpty();
    assertThat(PodInterfaces.usage(List.of(counters("net1", 7)), 5)).isEmpty();
  }

  @Test
  void metricsAreLabelledWithTheInterface() {
    MetricSeries series = MetricFamilyTest.series();
    NetworkMetrics.add(series, List.of(counters("eth0", 100)));
    assertThat(series.metrics())
        .hasSize(8)
        .allSatisfy(metric -> assertThat(metric.getLabelValuesList()).endsWith("eth0"))
        .filteredOn(metric -> metric.getName().equals("container_network_transmit_bytes_total"))
        .singleElement()
        .satisfies(metric -> assertThat(metric.getValue().getValue()).isEqualTo(200));
  }
}
