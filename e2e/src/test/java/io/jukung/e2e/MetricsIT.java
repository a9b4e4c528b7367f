package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.LoopbackRelay;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The metrics of a daemon, read over HTTP after real calls. */
@ExtendWith(Testbed.Extension.class)
class MetricsIT {
  private static Path directory;
  private static Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("jukung-metrics");
    testbed =
        Testbed.start(
            Map.of(),
            """
            [shim]
            sleep_after = "2s"
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
    boolean left = Files.deleteIfExists(socket());
    Files.delete(directory);
    assertThat(testbed != null && left).as("the socket outlives the daemon").isFalse();
  }

  @AfterEach
  void removePods() {
    testbed.removeAllPods();
  }

  private static Path socket() {
    return directory.resolve("metrics.sock");
  }

  private static HttpResponse<String> get(String path, String... headers) throws Exception {
    try (LoopbackRelay relay = LoopbackRelay.to(socket());
        HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port() + path))
              .timeout(Duration.ofSeconds(30));
      if (headers.length > 0) {
        request.headers(headers);
      }
      return client.send(request.build(), BodyHandlers.ofString());
    }
  }

  /** The numbers of the page by their names with labels. */
  private static Map<String, Double> scrape() throws Exception {
    HttpResponse<String> page = get("/metrics");
    assertThat(page.statusCode()).isEqualTo(200);
    return page.body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.lastIndexOf(' ')),
                line ->
                    Double.parseDouble(
                        line.substring(line.lastIndexOf(' ') + 1).replace("+Inf", "Infinity"))));
  }

  private static double difference(
      Map<String, Double> before, Map<String, Double> after, String name) {
    return after.getOrDefault(name, 0.0) - before.getOrDefault(name, 0.0);
  }

  private static String calls(String rpc, String code) {
    return "jukung_rpc_seconds_count{rpc=\"" + rpc + "\",code=\"" + code + "\"}";
  }

  @Test
  void callsPodsAndContainersAreCounted() throws Exception {
    Map<String, Double> before = scrape();
    Pod pod = testbed.runPod("counted", NamespaceMode.POD);
    testbed.runContainer(pod, "runs", List.of("sleep", "1000"));
    testbed.awaitExited(testbed.runShell(pod, "ends", "exit 3"));
    ContainerStatusRequest unknown =
        ContainerStatusRequest.newBuilder().setContainerId("unknown").build();
    assertThatThrownBy(() -> testbed.client().runtime().containerStatus(unknown))
        .hasMessageStartingWith("NOT_FOUND");

    Map<String, Double> after = scrape();

    assertThat(difference(before, after, calls("RunPodSandbox", "OK"))).isEqualTo(1);
    assertThat(difference(before, after, calls("CreateContainer", "OK"))).isEqualTo(2);
    assertThat(difference(before, after, calls("StartContainer", "OK"))).isEqualTo(2);
    assertThat(difference(before, after, calls("ContainerStatus", "NOT_FOUND"))).isEqualTo(1);
    assertThat(after.get("jukung_rpc_seconds_sum{rpc=\"RunPodSandbox\",code=\"OK\"}"))
        .isBetween(0.005, 300.0);
    assertThat(after)
        .containsEntry("jukung_pods{state=\"ready\"}", 1.0)
        .containsEntry("jukung_containers{state=\"running\"}", 1.0)
        .containsEntry("jukung_containers{state=\"exited\"}", 1.0)
        .containsEntry("jukung_containers{state=\"unknown\"}", 0.0)
        .containsEntry("jukung_rpcs_under_way", 0.0)
        .containsEntry("jukung_recovery_damaged_records", 0.0);
    assertThat(after.get("process_open_fds"))
        .isEqualTo(
            Double.parseDouble(
                testbed
                    .node()
                    .run("sh", "-c", "ls /proc/" + testbed.daemon().pid() + "/fd | wc -l")
                    .orThrow()
                    .strip()),
            within(8.0));
    assertThat(after.get("process_resident_memory_bytes")).isBetween(20e6, 1e9);
  }

  @Test
  void pullsAreCountedWithTheirBytesAndTheirHost() throws Exception {
    String reference =
        testbed.registry().pushChanged("metrics:1", "head -c 200000 /dev/urandom >f");
    Map<String, Double> before = scrape();
    testbed.pull(reference);
    PullImageRequest unknown =
        PullImageRequest.newBuilder()
            .setImage(Requests.image(Registry.HOST + "/no-such-image:1"))
            .build();
    assertThatThrownBy(() -> testbed.client().images().pullImage(unknown))
        .hasMessageStartingWith("NOT_FOUND");
    Map<String, Double> after = scrape();

    assertThat(difference(before, after, "jukung_pull_seconds_count{code=\"OK\"}")).isEqualTo(1);
    assertThat(difference(before, after, "jukung_pull_seconds_count{code=\"NOT_FOUND\"}"))
        .isEqualTo(1);
    assertThat(difference(before, after, "jukung_pull_bytes_total")).isBetween(200e3, 5e6);
    assertThat(difference(before, after, "jukung_pull_hosts_total{host=\"" + Registry.HOST + "\"}"))
        .isEqualTo(1);
    assertThat(difference(before, after, "jukung_images")).isEqualTo(1);
    testbed.removeImage(reference);
    assertThat(scrape()).containsEntry("jukung_images", before.get("jukung_images"));
  }

  @Test
  void shimThatSleepsAndWakesIsCounted() throws Exception {
    Map<String, Double> before = scrape();
    Pod pod = testbed.runPod("sleepy", NamespaceMode.POD);
    String container = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    Await.until(
        "the shim sleeps", () -> scrape().getOrDefault("jukung_shims{state=\"asleep\"}", 0.0) == 1);
    Map<String, Double> asleep = scrape();
    assertThat(asleep).containsEntry("jukung_shims{state=\"awake\"}", 0.0);
    assertThat(difference(before, asleep, "jukung_shim_sleeps_total")).isGreaterThanOrEqualTo(1);

    testbed.exec(container, "true");

    assertThat(difference(asleep, scrape(), "jukung_shim_wakes_total")).isGreaterThanOrEqualTo(1);
  }

  @Test
  void restartOfTheDaemonIsSeenAsARecovery() throws Exception {
    testbed.runPod("kept", NamespaceMode.POD);
    testbed.killAndRestartDaemon();

    assertThat(scrape())
        .containsEntry("jukung_pods{state=\"ready\"}", 1.0)
        .hasEntrySatisfying(
            "jukung_recovery_seconds{phase=\"records\"}",
            seconds -> assertThat(seconds).isBetween(0.0, 20.0));
    Await.until(
        "the pods are taken up",
        () -> scrape().containsKey("jukung_recovery_seconds{phase=\"pods\"}"));
  }

  @Test
  void socketIsForRootAlone() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
        .isEqualTo("rw-------");
    assertThat(get("/metrics", "Accept", "application/openmetrics-text;version=1.0.0").body())
        .endsWith("# EOF\n");
    assertThat(get("/").statusCode()).isEqualTo(404);
  }

  @Test
  void daemonWithoutMetricsLoadsNoneOfItsClasses(Testbed plain) throws Exception {
    String jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
    String pid = Long.toString(plain.daemon().pid());
    try {
      assertThat(plain.node().run(jcmd, pid, "VM.class_hierarchy").orThrow())
          .contains("io.jukung.runtime.server.PodParts")
          .doesNotContain("io.jukung.runtime.metrics.")
          .doesNotContain("java.lang.management.");
    } finally {
      plain.killAndRestartDaemon(); // a JVM keeps the socket on which it has answered jcmd
    }
  }
}
