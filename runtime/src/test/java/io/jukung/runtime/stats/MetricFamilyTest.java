package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jukung.cri.v1.Metric;
import io.jukung.cri.v1.MetricDescriptor;
import io.jukung.cri.v1.MetricType;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricFamilyTest {
  static MetricSeries series() {
    return new MetricSeries(List.of("", "/pods/p1", "", "p1", "ns", "pod"), 1);
  }

  @Test
  void everyDescriptorHasNameHelpAndCommonLabels() {
    List<MetricDescriptor> descriptors =
        Stream.of(MetricFamily.values()).map(MetricFamily::descriptor).toList();
    assertThat(descriptors).hasSize(56);
    assertThat(descriptors)
        .allSatisfy(
            descriptor -> {
              assertThat(descriptor.getName()).matches("container_[a-z_]+[a-z]");
              assertThat(descriptor.getHelp()).isNotBlank();
              assertThat(descriptor.getLabelKeysList())
                  .doesNotHaveDuplicates()
                  .startsWith("container", "id", "image", "name", "namespace", "pod");
            });
  }

  @Test
  void countersHaveTheNamesOfCounters() {
    assertThat(MetricFamily.values())
        .filteredOn(family -> family.type() == MetricType.COUNTER)
        .extracting(family -> family.descriptor().getName())
        .allMatch(name -> name.endsWith("_total") || name.endsWith("_failcnt"));
  }

  @Test
  void valueWithoutItsLabelsIsRefused() {
    MetricSeries series = series();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> series.add(MetricFamily.FS_USAGE_BYTES, 1))
        .withMessageContaining("container_fs_usage_bytes: the label values [")
        .withMessageContaining("do not match the labels [");
    series.add(MetricFamily.FS_USAGE_BYTES, 1, "/dev/vda");
    assertThat(series.metrics())
        .singleElement()
        .extracting(Metric::getLabelValuesList)
        .isEqualTo(List.of("", "/pods/p1", "", "p1", "ns", "pod", "/dev/vda"));
  }
}
