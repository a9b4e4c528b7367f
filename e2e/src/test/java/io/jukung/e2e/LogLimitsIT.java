package io.jukung.e2e;

import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.LoopbackRelay;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Containers that write more than their logs take: they go on, and the log says what is missing.
 */
@ExtendWith(Testbed.Extension.class)
class LogLimitsIT {
  private static final String METRIC = "jukung_container_log_left_out_bytes_total ";

  /** Prints so many lines of 1000 bytes. */
  private static final String PRINT =
      "line=$(head -c 999 /dev/zero | tr '\\0' x); i=0;"
          + " while [ $i -lt %d ]; do echo $line; i=$((i + 1)); done";

  private static Path directory;
  private static Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("jukung-log-limits");
    testbed =
        Testbed.start(
            Map.of(),
            """
            [container_log]
            max_size = "64KiB"
            max_rate = "1MiB"
            [shim]
            sleep_after = "500ms"
            [metrics]
            address = "unix:%s"
            """
                .formatted(socket()));
  }

  @AfterAll
  static void stop() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
    Files.deleteIfExists(socket());
    Files.delete(directory);
  }

  @AfterEach
  void removePods() {
    testbed.removeAllPods();
  }

  private static Path socket() {
    return directory.resolve("metrics.sock");
  }

  private static List<String> metrics() throws Exception {
    try (LoopbackRelay relay = LoopbackRelay.to(socket());
        HttpClient client = HttpClient.newHttpClient()) {
      URI page = URI.create("http://127.0.0.1:" + relay.port() + "/metrics");
      return client
          .send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString())
          .body()
          .lines()
          .toList();
    }
  }

  private static long leftOut() throws Exception {
    return metrics().stream()
        .filter(line -> line.startsWith(METRIC))
        .map(line -> (long) Double.parseDouble(line.substring(METRIC.length())))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aContainerWithAFullLogEndsAsItWouldWithoutLimits() throws Exception {
    long before = leftOut();
    Pod pod = testbed.runPod("size", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", PRINT.formatted(200) + "; exit 3");
    assertThat(testbed.awaitExited(container).getExitCode()).isEqualTo(3);

    List<String> lines = logged(pod, "app");
    long logged = lines.stream().filter(line -> line.startsWith("xx")).count();
    long missing = 200_000 - 1000 * logged;
    assertThat(Files.size(pod.log("app"))).isLessThanOrEqualTo(64 << 10);
    assertThat(lines)
        .contains(
            "jukung: output is left out from here on: the log has reached its limit of 65536"
                + " bytes");
    assertThat(lines.getLast())
        .isEqualTo("jukung: " + missing + " bytes of output are left out before this line");
    assertThat(leftOut() - before).isEqualTo(missing);
    assertThat(testbed.daemon().log())
        .contains(": " + missing + " bytes of output were left out of its log");
  }

  @Test
  void theCountGoesOnAfterTheShimHasSlept() throws Exception {
    Pod pod = testbed.runPod("sleep", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", PRINT.formatted(100) + "; exec sleep 1000");
    Await.until(
        "the shim sleeps, and has told",
        () -> leftOut() > 0 && metrics().contains("jukung_shims{state=\"asleep\"} 1"));
    assertThat(testbed.exec(container, "sh", "-c", "echo 123456789 >/proc/1/fd/1").getExitCode())
        .isZero();
    testbed.stopContainer(container, 0);
    testbed.awaitExited(container);
    List<String> lines = logged(pod, "app");
    long missing = 100_010 - 1000 * lines.stream().filter(line -> line.startsWith("xx")).count();
    assertThat(lines.getLast()).contains(" " + missing + " bytes of output");
    assertThat(lines).filteredOn(line -> line.contains("its limit of")).hasSize(1);
  }

  private static CommandResult jukung(String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
  }

  @Test
  void aContainerOfRunRotatesItsOwnLogAndLogsPrintsAllFiles() throws Exception {
    Path logs = testbed.node().directory().resolve("run-logs");
    jukung(
            "run",
            "-d",
            "--name=rotates",
            "--network=host",
            "--log-directory=" + logs,
            "--log-opt=max-size=64k",
            "--log-opt=max-file=3",
            testbed.busybox(),
            "sh",
            "-c",
            // Slower than max_rate, whatever the machine: each burst is smaller than the allowance.
            "i=0; while [ $i -lt 1900 ]; do"
                + " echo \"$i-----------------------------------------------------------------\";"
                + " i=$((i + 1)); done; sleep 1000")
        .orThrow();
    Await.until("the last line", () -> jukung("logs", "rotates").stdout().contains("1899-"));
    List<String> printed = jukung("logs", "rotates").stdout().lines().toList();
    assertThat(printed).hasSizeBetween(1100, 1900);
    assertThat(printed.getFirst()).startsWith((1900 - printed.size()) + "-");
    assertThat(printed.getLast()).startsWith("1899-");
    assertThat(jukung("logs", "-n", "1000", "rotates").stdout().lines())
        .containsExactlyElementsOf(printed.subList(printed.size() - 1000, printed.size()));

    try (Stream<Path> files = Files.walk(logs)) {
      assertThat(files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("rotates.log", "rotates.log.1", "rotates.log.2");
    }
    jukung("rm", "-f", "rotates").orThrow();
    try (Stream<Path> files = Files.list(logs)) {
      assertThat(files).as("rm removes all files of the log").isEmpty();
    }
  }

  @Test
  void limitsThatAreNoneAreRefused() throws Exception {
    for (String option : List.of("max-size=1k", "max-file=3", "compress=true", "max-size=x")) {
      CommandResult result = jukung("run", "--log-opt", option, testbed.busybox());
      assertThat(result.exitCode()).as(option).isEqualTo(125);
      assertThat(result.stderr()).contains(option.startsWith("max-size=x") ? "size" : "--log-opt");
    }
  }
}
