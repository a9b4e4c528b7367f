package io.jukung.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextFormatTest {
  private final Counters counters = new Counters("a_total", List.of("host"), "Some \"a\"\\");
  private final Durations durations =
      new Durations("b_seconds", List.of("rpc"), "Some b", List.of(0.5, 2.0));

  private void count() {
    counters.add(Labels.of("host", "x\"\\\ny"), 2);
    counters.add(Labels.of("host", "x\"\\\ny"), 1);
    durations.observe(Labels.of("rpc", "Run"), Duration.ofMillis(500));
    durations.observe(Labels.of("rpc", "Run"), Duration.ofMillis(501));
    durations.observe(Labels.of("rpc", "Run"), Duration.ofSeconds(3));
  }

  @Test
  void prometheusTextHasTheFullNamesOfCounters() {
    count();
    assertThat(TextFormat.PROMETHEUS.page(List.of(counters, durations)))
        .isEqualTo(
            """
            # HELP a_total Some "a"\\\\
            # TYPE a_total counter
            a_total{host="x\\"\\\\\\ny"} 3
            # HELP b_seconds Some b
            # TYPE b_seconds histogram
            b_seconds_bucket{rpc="Run",le="0.5"} 1
            b_seconds_bucket{rpc="Run",le="2.0"} 2
            b_seconds_bucket{rpc="Run",le="+Inf"} 3
            b_seconds_count{rpc="Run"} 3
            b_seconds_sum{rpc="Run"} 4.001
            """);
  }

  @Test
  void openMetricsTextNamesCountersWithoutTheirSuffixAndHasAnEnd() {
    count();
    assertThat(TextFormat.OPEN_METRICS.page(List.of(counters)))
        .isEqualTo(
            """
            # HELP a Some \\"a\\"\\\\
            # TYPE a counter
            a_total{host="x\\"\\\\\\ny"} 3
            # EOF
            """);
  }

  @Test
  void familyWithoutSeriesHasItsDescriptionAlone() {
    assertThat(TextFormat.PROMETHEUS.page(List.of(durations)))
        .isEqualTo("# HELP b_seconds Some b\n# TYPE b_seconds histogram\n");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "0, 0",
        "-3, -3",
        "1500000000, 1500000000",
        "0.25, 0.25",
        "1e-7, 1.0E-7",
        "1e300, 1.0E300",
        "Infinity, +Inf",
        "-Infinity, -Inf",
        "NaN, NaN"
      })
  void numbersAreWrittenAsGoReadsThem(double value, String text) {
    assertThat(TextFormat.number(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {
        "'', PROMETHEUS",
        "*/*, PROMETHEUS",
        "text/plain;version=0.0.4, PROMETHEUS",
        "'application/openmetrics-text;version=1.0.0,text/plain;q=0.5', OPEN_METRICS"
      })
  void readersGetTheFormatThatTheyAccept(String accept, TextFormat format) {
    assertThat(TextFormat.acceptedBy(accept)).isEqualTo(format);
  }

  @Test
  void counterMustBeNamedAsOne() {
    assertThatThrownBy(() -> new Counters("a", List.of(), "A"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
