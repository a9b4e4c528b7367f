package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdatePodSandboxResourcesRequest;
import io.jukung.cri.v1.WindowsContainerResources;
import io.jukung.linux.cgroup.Cgroup;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Updates of limits, with two control files that cgroup v2 has on this host, whichever they are.
 */
@Timeout(120)
class ResourceUpdateTest {
  private static final int MORE_THAN_ANY = 1_000;

  @TempDir private Path directory;
  private TestNode node;
  private String first;
  private String second;
  private String sandbox;

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    List<String> files = filesOfThisHost();
    assumeTrue(files.size() >= 2, "cgroup v2 has no controller here");
    first = files.get(0);
    second = files.get(1);
    sandbox = node.runPod("web");
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  private List<String> filesOfThisHost() throws IOException {
    Cgroup probe = node.cgroup().child("probe");
    probe.create();
    try {
      return List.of(
              "memory.high",
              "memory.low",
              "hugetlb.2MB.max",
              "hugetlb.1GB.max",
              "hugetlb.2MB.rsvd.max")
          .stream()
          .filter(probe::has)
          .toList();
    } finally {
      node.cgroup().remove(Duration.ZERO);
    }
  }

  private LinuxContainerResources.Builder limits(String one, String other) {
    return LinuxContainerResources.newBuilder().putUnified(first, one).putUnified(second, other);
  }

  private void update(String container, LinuxContainerResources.Builder limits) throws IOException {
    node.updateContainerResources.call(
        UpdateContainerResourcesRequest.newBuilder()
            .setContainerId(container)
            .setLinux(limits)
            .build());
  }

  private LinuxContainerResources shown(String container) throws IOException {
    return node.containerStatus
        .call(ContainerStatusRequest.newBuilder().setContainerId(container).build())
        .getStatus()
        .getResources()
        .getLinux();
  }

  private List<String> inForce(String container) throws IOException {
    Cgroup cgroup = node.cgroup().child(sandbox).child(container);
    return List.of(cgroup.read(first), cgroup.read(second));
  }

  @Test
  void limitsOfARunningContainerAreWrittenAndSurviveARestart() throws Exception {
    String container = node.start(sandbox, "app");
    update(container, limits("1073741824", "2147483648"));
    update(container, limits("1073741824", "max").setCpuShares(512));
    assertThat(inForce(container)).containsExactly("1073741824", "max");
    LinuxContainerResources expected = limits("1073741824", "max").setCpuShares(512).build();
    assertThat(shown(container)).isEqualTo(expected);
    node.restart();
    node.recover();
    assertThat(shown(container)).isEqualTo(expected);
  }

  @Test
  void limitsOfACreatedContainerAreInForceFromItsStart() throws Exception {
    String container = node.create(sandbox, "app");
    update(container, limits("1073741824", "2147483648"));
    node.start(container);
    assertThat(inForce(container)).containsExactly("1073741824", "2147483648");
    String info =
        node.containerStatus
            .call(
                ContainerStatusRequest.newBuilder()
                    .setContainerId(container)
                    .setVerbose(true)
                    .build())
            .getInfoOrThrow("info");
    assertThat(info).as("the specification in force").contains("\"" + second + "\":\"2147483648\"");
  }

  @Test
  void refusedValueRestoresTheOthers() throws Exception {
    String container = node.start(sandbox, "app");
    update(container, limits("1073741824", "2147483648"));
    LinuxContainerResources before = shown(container);
    assertThatThrownBy(() -> update(container, limits("3221225472", "nonsense")))
        .hasMessageContaining(second)
        .hasMessageContaining("EINVAL");
    assertThat(inForce(container)).containsExactly("1073741824", "2147483648");
    assertThat(shown(container)).isEqualTo(before);
  }

  @Test
  void updateChangesAllLimitsOrNoneWhicheverKernelCallFails() throws Exception {
    String container = node.start(sandbox, "app");
    update(container, limits("1073741824", "2147483648"));
    LinuxContainerResources before = shown(container);
    for (int n = 0; n < MORE_THAN_ANY; n++) {
      String failed;
      boolean succeeded = true;
      try (KernelFaults faults = KernelFaults.failAt(n)) {
        try {
          update(container, limits("3221225472", "4294967296"));
        } catch (IOException e) {
          succeeded = false;
        }
        failed = faults.failed();
      }
      if (!succeeded) {
        assertThat(inForce(container)).as(failed).containsExactly("1073741824", "2147483648");
        assertThat(shown(container)).as(failed).isEqualTo(before);
      }
      if (failed.isEmpty()) {
        assertThat(succeeded).isTrue();
        assertThat(inForce(container)).containsExactly("3221225472", "4294967296");
        return;
      }
      update(container, limits("1073741824", "2147483648"));
    }
    throw new AssertionError("an update does not make so many calls");
  }

  @Test
  void updateOfAbsentOrExitedContainersIsRefused() throws Exception {
    assertRefused("absent", limits("1", "1"), ErrorKind.NOT_FOUND, "absent");
    String container = node.start(sandbox, "app");
    assertRefused(
        container,
        limits("1073741824", "2147483648").setOomScoreAdj(2000),
        ErrorKind.INVALID_ARGUMENT,
        "oom_score_adj");
    assertThatThrownBy(
            () ->
                node.updateContainerResources.call(
                    UpdateContainerResourcesRequest.newBuilder()
                        .setContainerId(container)
                        .setWindows(WindowsContainerResources.newBuilder().setCpuCount(1))
                        .build()))
        .hasMessageContaining("windows");
    Objects.requireNonNull(node.pool.pods.get(sandbox)).exit(container, 0, false);
    assertRefused(container, limits("1", "1"), ErrorKind.FAILED_PRECONDITION, "exited");
  }

  private void assertRefused(
      String container, LinuxContainerResources.Builder limits, ErrorKind kind, String text) {
    assertThatThrownBy(() -> update(container, limits))
        .isInstanceOfSatisfying(CriException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(text);
  }

  @Test
  void limitsOfAPodWithACgroupOfTheDaemonSurviveARestart() throws Exception {
    node.start(sandbox, "app");
    node.updatePodSandboxResources.call(
        UpdatePodSandboxResourcesRequest.newBuilder()
            .setPodSandboxId(sandbox)
            .setOverhead(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(12345))
            .setResources(limits("1073741824", "2147483648"))
            .build());
    assertThat(node.cgroup().child(sandbox).read(second)).isEqualTo("2147483648");
    node.restart();
    node.recover();
    String info =
        node.podSandboxStatus
            .call(
                PodSandboxStatusRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .setVerbose(true)
                    .build())
            .getInfoOrThrow("info");
    assertThat(info).contains("12345").contains("\"" + second + "\":\"2147483648\"");
  }
}
