package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerAttributes;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.ContainerStatsFilter;
import io.jukung.cri.v1.ContainerStatsRequest;
import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListMetricDescriptorsRequest;
import io.jukung.cri.v1.ListPodSandboxMetricsRequest;
import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.Metric;
import io.jukung.cri.v1.MetricDescriptor;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.PodSandboxMetrics;
import io.jukung.cri.v1.PodSandboxStats;
import io.jukung.cri.v1.PodSandboxStatsFilter;
import io.jukung.cri.v1.PodSandboxStatsRequest;
import io.jukung.cri.v1.StreamContainerStatsRequest;
import io.jukung.cri.v1.StreamPodSandboxMetricsRequest;
import io.jukung.cri.v1.StreamPodSandboxStatsRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Statistics and metrics of pods and containers, compared with the kernel's own counters. */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
class StatsIT {
  private static final long MEBIBYTE = 1 << 20;

  @Test
  void cpuUsageAgreesWithTheKernel(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("busy", NamespaceMode.NODE);
    String busy = testbed.runShell(pod, "busy", "while :; do :; done");
    Path cgroup = Limits.cgroup(busy);
    long before = usedNanos(cgroup);
    ContainerStats first = stats(testbed, busy);
    assertThat(first.getCpu().getUsageCoreNanoSeconds().getValue())
        .isBetween(before, usedNanos(cgroup));
    assertThat(first.getAttributes().getMetadata().getName()).isEqualTo("busy");
    assertThat(first.getMemory().getTimestamp()).isPositive();
    Await.until(
        "the container has used another 1.2 s of processor time",
        () -> usedNanos(cgroup) - before > TimeUnit.MILLISECONDS.toNanos(1200));
    ContainerStats second = stats(testbed, busy);
    double window = second.getCpu().getTimestamp() - first.getCpu().getTimestamp();
    double used =
        second.getCpu().getUsageCoreNanoSeconds().getValue()
            - first.getCpu().getUsageCoreNanoSeconds().getValue();
    assertThat((double) second.getCpu().getUsageNanoCores().getValue())
        .isCloseTo(used / window * TimeUnit.SECONDS.toNanos(1), Percentage.withPercentage(1));
  }

  @Test
  void writableLayerIsCountedWithinSeconds(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("writer", NamespaceMode.NODE);
    String writer = testbed.runShell(pod, "writer", "exec sleep 1000");
    ContainerStats before = stats(testbed, writer);
    testbed.exec(writer, "sh", "-c", "mkdir /new; dd if=/dev/urandom of=/new/file bs=1M count=5");
    Await.until(
        "the written file is counted",
        () -> written(stats(testbed, writer)) - written(before) >= 5 * MEBIBYTE);
    ContainerStats after = stats(testbed, writer);
    assertThat(written(after) - written(before)).isLessThan(6 * MEBIBYTE);
    assertThat(
            after.getWritableLayer().getInodesUsed().getValue()
                - before.getWritableLayer().getInodesUsed().getValue())
        .isEqualTo(2);
    assertThat(after.getWritableLayer().getFsId())
        .isEqualTo(
            testbed
                .client()
                .images()
                .imageFsInfo(ImageFsInfoRequest.getDefaultInstance())
                .getContainerFilesystems(0)
                .getFsId());
  }

  @Test
  void containerThatDoesNotRunReportsOnlyDiskUsage(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("over", NamespaceMode.NODE);
    String ended = testbed.runShell(pod, "ended", "echo kept >/kept");
    testbed.awaitExited(ended);
    String created =
        testbed.createContainer(
            pod,
            Requests.container(pod.config(), "created", testbed.busybox(), List.of("true"))
                .build());
    assertThat(written(stats(testbed, ended))).isPositive();
    for (String id : List.of(ended, created)) {
      ContainerStats stats = stats(testbed, id);
      assertThat(stats.hasCpu() || stats.hasMemory() || stats.hasSwap() || stats.hasIo()).isFalse();
      assertThat(stats.getWritableLayer().getInodesUsed().getValue()).isPositive();
    }
  }

  @Test
  void containerStatsAreFilteredAndStreamed(Testbed testbed) throws Exception {
    Pod one = testbed.runPod("one", NamespaceMode.NODE);
    Pod two = testbed.runPod("two", NamespaceMode.NODE);
    String plain = testbed.runShell(one, "plain", "exec sleep 1000");
    String labelled =
        testbed.runContainer(
            two,
            Requests.container(
                    two.config(), "labelled", testbed.busybox(), List.of("sleep", "1000"))
                .putLabels("tier", "web")
                .putAnnotations("note", "kept")
                .build());
    assertThat(ids(testbed, ContainerStatsFilter.newBuilder()))
        .containsExactlyInAnyOrder(plain, labelled);
    assertThat(ids(testbed, ContainerStatsFilter.newBuilder().setId(plain.substring(0, 12))))
        .containsExactly(plain);
    assertThat(ids(testbed, ContainerStatsFilter.newBuilder().setPodSandboxId(two.id())))
        .containsExactly(labelled);
    assertThat(ids(testbed, ContainerStatsFilter.newBuilder().putLabelSelector("tier", "web")))
        .containsExactly(labelled);
    assertThat(ids(testbed, ContainerStatsFilter.newBuilder().putLabelSelector("tier", "db")))
        .isEmpty();
    ContainerAttributes attributes = stats(testbed, labelled).getAttributes();
    assertThat(attributes.getLabelsMap()).containsEntry("tier", "web");
    assertThat(attributes.getAnnotationsMap()).containsEntry("note", "kept");

    List<String> streamed = new ArrayList<>();
    testbed
        .client()
        .runtime()
        .streamContainerStats(StreamContainerStatsRequest.getDefaultInstance())
        .forEachRemaining(
            chunk ->
                chunk
                    .getContainerStatsList()
                    .forEach(each -> streamed.add(each.getAttributes().getId())));
    assertThat(streamed).containsExactlyInAnyOrder(plain, labelled);
  }

  @Test
  void unknownIdIsNotFound(Testbed testbed) {
    Status container = failure(() -> stats(testbed, "fade"));
    assertThat(container.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(container.getDescription()).contains("there is no container fade");
    Status pod = failure(() -> podStats(testbed, "fade"));
    assertThat(pod.getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void podStatsCoverItsContainersProcessesAndNetwork(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("whole", NamespaceMode.POD);
    Pod host = testbed.runPod("host", NamespaceMode.NODE);
    String idle = testbed.runShell(pod, "idle", "sleep 1000 & exec sleep 1000");
    Path cgroup = Limits.cgroup(pod.id());
    long before = usedNanos(cgroup);
    PodSandboxStats stats = podStats(testbed, pod.id());
    assertThat(stats.getAttributes().getMetadata()).isEqualTo(pod.config().getMetadata());
    LinuxPodSandboxStats linux = stats.getLinux();
    assertThat(linux.getCpu().getUsageCoreNanoSeconds().getValue())
        .isBetween(before, usedNanos(cgroup));
    Await.until(
        "the pod reports the shell and its child",
        () ->
            podStats(testbed, pod.id()).getLinux().getProcess().getProcessCount().getValue() == 2);
    assertThat(linux.getContainersList())
        .extracting(each -> each.getAttributes().getId())
        .containsExactly(idle);
    assertThat(podStats(testbed, host.id()).getLinux().hasNetwork()).isFalse();

    NetworkInterfaceUsage quiet = linux.getNetwork().getDefaultInterface();
    assertThat(quiet.getName()).isEqualTo("eth0");
    assertThat(linux.getNetwork().getInterfacesList()).isEmpty();
    String gateway =
        testbed
            .exec(idle, "sh", "-c", "ip route | awk '/default/ {print $3}'")
            .getStdout()
            .toStringUtf8()
            .strip();
    testbed.exec(idle, "ping", "-c", "1", "-s", "1000", gateway);
    NetworkInterfaceUsage busy =
        podStats(testbed, pod.id()).getLinux().getNetwork().getDefaultInterface();
    assertThat(busy.getRxBytes().getValue() - quiet.getRxBytes().getValue()).isGreaterThan(1000);
    assertThat(busy.getTxBytes().getValue() - quiet.getTxBytes().getValue()).isGreaterThan(1000);
  }

  @Test
  void podStatsAreFilteredAndStreamed(Testbed testbed) throws Exception {
    Pod one = testbed.runPod("one", NamespaceMode.NODE);
    Pod two =
        testbed.runPod(testbed.podConfig("two", NamespaceMode.POD).putLabels("app", "two").build());
    assertThat(podIds(testbed, PodSandboxStatsFilter.newBuilder()))
        .containsExactlyInAnyOrder(one.id(), two.id());
    assertThat(podIds(testbed, PodSandboxStatsFilter.newBuilder().putLabelSelector("app", "two")))
        .containsExactly(two.id());
    assertThat(podIds(testbed, PodSandboxStatsFilter.newBuilder().setId(one.id())))
        .containsExactly(one.id());
    testbed.stopPod(two.id());
    assertThat(podStats(testbed, two.id()).getLinux().hasNetwork()).isFalse();
    List<String> streamed = new ArrayList<>();
    testbed
        .client()
        .runtime()
        .streamPodSandboxStats(StreamPodSandboxStatsRequest.getDefaultInstance())
        .forEachRemaining(
            chunk ->
                chunk
                    .getPodSandboxStatsList()
                    .forEach(each -> streamed.add(each.getAttributes().getId())));
    assertThat(streamed).containsExactlyInAnyOrder(one.id(), two.id());
  }

  @Test
  void metricsMatchTheirDescriptors(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("measured", NamespaceMode.POD);
    String container =
        testbed.runShell(pod, "app", "echo kept >/kept; nc -l -p 8080 & exec sleep 1000");
    Await.until(
        "nc listens beside sleep",
        () ->
            Limits.read(Limits.cgroup(container), "cgroup.procs").lines().count() == 2
                && value(testbed, pod, "container_sockets") == 1
                && value(testbed, pod, "container_file_descriptors") == 7);
    Map<String, MetricDescriptor> descriptors = descriptors(testbed);
    PodSandboxMetrics metrics = metrics(testbed, pod);
    List<Metric> own = metrics.getContainerMetrics(0).getMetricsList();
    assertThat(metrics.getContainerMetrics(0).getContainerId()).isEqualTo(container);
    for (List<Metric> each : List.of(metrics.getMetricsList(), own)) {
      assertThat(each)
          .allSatisfy(
              metric ->
                  assertThat(descriptors.get(metric.getName()))
                      .isNotNull()
                      .extracting(MetricDescriptor::getLabelKeysCount)
                      .isEqualTo(metric.getLabelValuesCount()));
      assertThat(each)
          .extracting(metric -> metric.getName() + metric.getLabelValuesList())
          .doesNotHaveDuplicates();
    }
    assertThat(find(metrics.getMetricsList(), "container_network_receive_bytes_total"))
        .satisfies(
            metric ->
                assertThat(metric.getLabelValuesList())
                    .contains(pod.config().getMetadata().getName(), "eth0"));
    assertThat(find(own, "container_processes").getValue().getValue()).isEqualTo(2);
    assertThat(find(own, "container_start_time_seconds").getValue().getValue())
        .isEqualTo(TimeUnit.NANOSECONDS.toSeconds(testbed.status(container).getStartedAt()));
    assertThat(find(own, "container_fs_usage_bytes").getValue().getValue()).isPositive();

    List<String> streamed = new ArrayList<>();
    testbed
        .client()
        .runtime()
        .streamPodSandboxMetrics(StreamPodSandboxMetricsRequest.getDefaultInstance())
        .forEachRemaining(
            chunk ->
                chunk
                    .getPodSandboxMetricsList()
                    .forEach(each -> streamed.add(each.getPodSandboxId())));
    assertThat(streamed).containsExactly(pod.id());
  }

  /** Statistics are read from the cgroups, without the shim. */
  @Test
  void hungShimDoesNotDelayStatistics(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("stuck", NamespaceMode.POD);
    String container = testbed.runShell(pod, "app", "exec sleep 1000");
    String shim = testbed.shim(pod.id());
    testbed.node().run("kill", "-STOP", shim).orThrow();
    try {
      assertThat(stats(testbed, container).hasCpu()).isTrue();
      assertThat(podStats(testbed, pod.id()).getLinux().getContainersCount()).isEqualTo(1);
      assertThat(metrics(testbed, pod).getContainerMetricsCount()).isEqualTo(1);
    } finally {
      testbed.node().run("kill", "-CONT", shim).orThrow();
    }
  }

  @Test
  void statisticsContinueAfterADaemonRestart(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("kept", NamespaceMode.POD);
    String container = testbed.runShell(pod, "app", "while :; do :; done");
    long before = stats(testbed, container).getCpu().getUsageCoreNanoSeconds().getValue();
    testbed.killAndRestartDaemon();
    ContainerStats after = stats(testbed, container);
    assertThat(after.getCpu().getUsageCoreNanoSeconds().getValue()).isGreaterThan(before);
    assertThat(after.getCpu().getUsageNanoCores().getValue()).isPositive();
    assertThat(podStats(testbed, pod.id()).getLinux().getNetwork().hasDefaultInterface()).isTrue();
  }

  private static ContainerStats stats(Testbed testbed, String id) {
    return testbed
        .client()
        .runtime()
        .containerStats(ContainerStatsRequest.newBuilder().setContainerId(id).build())
        .getStats();
  }

  private static PodSandboxStats podStats(Testbed testbed, String id) {
    return testbed
        .client()
        .runtime()
        .podSandboxStats(PodSandboxStatsRequest.newBuilder().setPodSandboxId(id).build())
        .getStats();
  }

  private static List<String> ids(Testbed testbed, ContainerStatsFilter.Builder filter) {
    return testbed
        .client()
        .runtime()
        .listContainerStats(ListContainerStatsRequest.newBuilder().setFilter(filter).build())
        .getStatsList()
        .stream()
        .map(each -> each.getAttributes().getId())
        .toList();
  }

  private static List<String> podIds(Testbed testbed, PodSandboxStatsFilter.Builder filter) {
    return testbed
        .client()
        .runtime()
        .listPodSandboxStats(ListPodSandboxStatsRequest.newBuilder().setFilter(filter).build())
        .getStatsList()
        .stream()
        .map(each -> each.getAttributes().getId())
        .toList();
  }

  static Map<String, MetricDescriptor> descriptors(Testbed testbed) {
    Map<String, MetricDescriptor> descriptors = new HashMap<>();
    for (MetricDescriptor each :
        testbed
            .client()
            .runtime()
            .listMetricDescriptors(ListMetricDescriptorsRequest.getDefaultInstance())
            .getDescriptorsList()) {
      descriptors.put(each.getName(), each);
    }
    return descriptors;
  }

  static PodSandboxMetrics metrics(Testbed testbed, Pod pod) {
    return testbed
        .client()
        .runtime()
        .listPodSandboxMetrics(ListPodSandboxMetricsRequest.getDefaultInstance())
        .getPodMetricsList()
        .stream()
        .filter(each -> each.getPodSandboxId().equals(pod.id()))
        .findFirst()
        .orElseThrow();
  }

  static Metric find(List<Metric> metrics, String name) {
    return metrics.stream().filter(each -> each.getName().equals(name)).findFirst().orElseThrow();
  }

  private static long value(Testbed testbed, Pod pod, String name) {
    return find(metrics(testbed, pod).getContainerMetrics(0).getMetricsList(), name)
        .getValue()
        .getValue();
  }

  private static long written(ContainerStats stats) {
    return stats.getWritableLayer().getUsedBytes().getValue();
  }

  private static long usedNanos(Path cgroup) throws IOException {
    return TimeUnit.MICROSECONDS.toNanos(Limits.keyed(cgroup, "cpu.stat", "usage_usec"));
  }
}
