package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MarkdownReportTest {
  private final Results results = new Results(List.of("one", "two"));

  @Test
  void timesHaveMedianP99AndTheRatioOfMedians() {
    for (int millis = 1; millis <= 100; millis++) {
      results.addTime(Row.VERSION, "one", millis * 1_000_000L);
      results.addTime(Row.VERSION, "two", millis * 4_000_000L);
    }
    assertThat(new MarkdownReport(results).text())
        .isEqualTo(
            """
            | milliseconds | one p50 | p99 | two p50 | p99 | one / two |
            |---|---:|---:|---:|---:|---:|
            | Version | 50.0 | 99.0 | 200 | 396 | 0.25 |

            """);
  }

  @Test
  void figuresHaveOneValueAndRowsKeepTheirOrder() {
    results.put(Row.LOADED_DAEMON, "one", 80);
    results.put(Row.LOADED_DAEMON, "two", 40);
    results.put(Row.IDLE_DAEMON, "one", 0.5);
    results.put(Row.IDLE_DAEMON, "two", 2);
    assertThat(new MarkdownReport(results).text())
        .isEqualTo(
            """
            | memory, MiB PSS | one | two | one / two |
            |---|---:|---:|---:|
            | memory of daemon, 15 s after the pods | 0.50 | 2.00 | 0.25 |
            | memory of daemon, many pods | 80.0 | 40.0 | 2.00 |

            """);
  }

  @Test
  void valueThatIsNotKnownIsADash() {
    results.put(Row.EXEC_RATE, "one", 10);
    assertThat(new MarkdownReport(results).text()).contains("| ExecSyncs of true | 10.0 | – | – |");
  }

  @Test
  void refusedCallIsExplainedBelowTheTables() {
    results.addTime(Row.POD_STATS, "one", 1_000_000);
    results.refuse(Row.POD_STATS, "two", "Status{code=UNKNOWN}");
    assertThat(new MarkdownReport(results).text())
        .contains("| ListPodSandboxStats, many pods | 1.00 | 1.00 | – | – | – |")
        .endsWith("two refuses ListPodSandboxStats, many pods: Status{code=UNKNOWN}.\n");
  }
}
