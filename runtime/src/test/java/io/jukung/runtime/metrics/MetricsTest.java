package io.jukung.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.ErrorKind;
import io.jukung.image.pull.ActivePulls.Progress;
import io.jukung.runtime.metrics.Family.Description;
import io.jukung.runtime.recovery.RecoveryReport;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.shim.ShimCounts;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.SandboxStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is counted, and the table of it in the documents. */
class MetricsTest {
  private static final Path OPERATION = Path.of("../docs/operation.md");

  private static NodeMetrics node(Optional<Duration> takenUp) {
    return new NodeMetrics(
        new NodeMetrics.Sources(
            new SandboxStore(),
            new ContainerStore(),
            () -> 7,
            () -> 1,
            new PodShims(),
            () -> new ShimCounts(2, 1, 3, 40, 30),
            () -> 4711,
            () -> new RecoveryReport(Duration.ofMillis(20), takenUp, 1)));
  }

  private static List<Family> all() {
    List<Family> all = new ArrayList<>(new CallMetrics().families());
    all.addAll(new PullMetrics().families());
    all.addAll(node(Optional.empty()).families());
    all.addAll(ProcessMetrics.families());
    return all;
  }

  @Test
  void tableOfTheDocumentNamesEveryMetric() throws Exception {
    List<String> rows =
        all().stream()
            .map(Family::description)
            .map(
                each ->
                    "| `%s` | %s | %s | %s |"
                        .formatted(
                            each.name(),
                            each.kind().word(),
                            String.join(", ", each.labels()),
                            each.help()))
            .toList();
    assertThat(
            Files.readAllLines(OPERATION).stream()
                .dropWhile(line -> !line.equals("## Metrics"))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| `")))
        .containsExactlyElementsOf(rows);
  }

  @Test
  void everyNameStandsForOneFamily() {
    assertThat(all())
        .extracting(Family::description)
        .extracting(Description::name)
        .doesNotHaveDuplicates();
  }

  @Test
  void nodeIsReadWhenThePageIsMade() {
    assertThat(TextFormat.PROMETHEUS.page(node(Optional.empty()).families()))
        .contains("\njukung_pods{state=\"ready\"} 0\n")
        .contains("\njukung_containers{state=\"running\"} 0\n")
        .contains("\njukung_images 7\n")
        .contains("\njukung_pulls_under_way 1\n")
        .contains("\njukung_spare_shims{state=\"ready\"} 2\n")
        .contains("\njukung_spare_shims{state=\"starting\"} 1\n")
        .contains("\njukung_pods_waiting_for_shim 3\n")
        .contains("\njukung_shim_sleeps_total 40\n")
        .contains("\njukung_shim_wakes_total 30\n")
        .contains("\njukung_recovery_seconds{phase=\"records\"} 0.02\n")
        .doesNotContain("phase=\"pods\"")
        .contains("\njukung_recovery_damaged_records 1\n");
    assertThat(TextFormat.PROMETHEUS.page(node(Optional.of(Duration.ofSeconds(3))).families()))
        .contains("\njukung_recovery_seconds{phase=\"pods\"} 3\n");
  }

  @Test
  void ownProcessIsReadFromTheKernel() {
    String page = TextFormat.PROMETHEUS.page(ProcessMetrics.families());
    for (String name :
        List.of(
            "process_cpu_seconds_total",
            "process_start_time_seconds",
            "process_open_fds",
            "process_max_fds",
            "process_resident_memory_bytes",
            "process_threads",
            "jvm_memory_used_bytes",
            "jvm_memory_committed_bytes",
            "jvm_memory_max_bytes")) {
      assertThat(page).containsPattern("(?m)^" + name + " ([1-9]|0\\.)");
    }
    assertThat(page).containsPattern("(?m)^jvm_gc_collection_seconds_count\\{gc=\"[^\"]+\"} \\d+$");
  }

  private static Progress pull(long bytes, String... hosts) {
    return new Progress("a:1", "pod n/p", Instant.now(), 1, 1, bytes, bytes, 0, List.of(hosts));
  }

  @Test
  void pullsAreCountedByTheirEndAndByTheirHosts() {
    PullMetrics pulls = new PullMetrics();
    pulls.ended(pull(100, "mirror"), Duration.ofSeconds(1), null);
    pulls.ended(pull(30, "mirror", "registry"), Duration.ofSeconds(1), ErrorKind.UNAVAILABLE);

    assertThat(TextFormat.PROMETHEUS.page(pulls.families()))
        .contains("\njukung_pull_seconds_count{code=\"OK\"} 1\n")
        .contains("\njukung_pull_seconds_count{code=\"UNAVAILABLE\"} 1\n")
        .contains("\njukung_pull_bytes_total 130\n")
        .contains("\njukung_pull_hosts_total{host=\"mirror\"} 2\n")
        .contains("\njukung_pull_hosts_total{host=\"registry\"} 1\n");
  }

  @Test
  void hostsAboveTheLimitShareOneSeries() {
    PullMetrics pulls = new PullMetrics();
    for (int i = 0; i < PullMetrics.MAX_HOSTS + 20; i++) {
      pulls.ended(pull(1, "host" + i), Duration.ofSeconds(1), null);
    }
    pulls.ended(pull(1, "host0"), Duration.ofSeconds(1), null);

    String page = TextFormat.PROMETHEUS.page(pulls.families());
    assertThat(page)
        .contains("\njukung_pull_hosts_total{host=\"host0\"} 2\n")
        .contains("\njukung_pull_hosts_total{host=\"" + PullMetrics.OTHER_HOSTS + "\"} 20\n");
    assertThat(page.lines().filter(line -> line.startsWith("jukung_pull_hosts_total{")))
        .hasSize(PullMetrics.MAX_HOSTS + 1);
  }
}
