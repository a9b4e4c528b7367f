package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.CgroupDriver;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.RuntimeConfigRequest;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsSystemd;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The systemd cgroup driver with a real systemd. In this test node every testbed uses it. */
@NeedsSystemd
@ExtendWith(Testbed.Extension.class)
class SystemdDriverIT {
  private static final long MEBIBYTE = 1 << 20;
  private static final String SLICE = "kubepods-burstable-pod12ab_34.slice";

  private static String systemctl(Testbed testbed, String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of("systemctl"));
    line.addAll(List.of(arguments));
    return testbed.node().run(line).stdout().strip();
  }

  private static Pod pod(Testbed testbed, String parent) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig("slice", NamespaceMode.NODE);
    config.getLinuxBuilder().setCgroupParent(parent);
    return testbed.runPod(config.build());
  }

  @Test
  void runtimeConfigReportsTheSystemdDriver(Testbed testbed) {
    assertThat(
            testbed
                .client()
                .runtime()
                .runtimeConfig(RuntimeConfigRequest.getDefaultInstance())
                .getLinux()
                .getCgroupDriver())
        .isEqualTo(CgroupDriver.SYSTEMD);
  }

  @Test
  void podIsADelegatedScopeInItsSliceUntilItIsRemoved(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, SLICE);
    LinuxContainerResources limits =
        LinuxContainerResources.newBuilder()
            .setMemoryLimitInBytes(64 * MEBIBYTE)
            .setCpuShares(512)
            .build();
    String container =
        testbed.runContainer(pod, Limits.container(testbed, pod, "app", limits, "exec sleep 1000"));
    Path cgroup = Limits.cgroup(container);
    Path scope = cgroup.resolve("../..").normalize();
    assertThat(Node.cgroupMount().relativize(scope.resolve("..").normalize()))
        .hasToString("kubepods.slice/kubepods-burstable.slice/" + SLICE);
    String unit = String.valueOf(scope.getFileName());
    assertThat(unit).contains(pod.id());
    assertThat(systemctl(testbed, "show", "--property=ActiveState,Delegate,Slice", unit).lines())
        .containsExactlyInAnyOrder("ActiveState=active", "Delegate=yes", "Slice=" + SLICE);
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(64 * MEBIBYTE));

    systemctl(testbed, "daemon-reload");
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(64 * MEBIBYTE));
    assertThat(Limits.read(cgroup, "cpu.weight")).isEqualTo("59");

    testbed
        .client()
        .runtime()
        .updateContainerResources(
            UpdateContainerResourcesRequest.newBuilder()
                .setContainerId(container)
                .setLinux(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(96 * MEBIBYTE))
                .build());
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(96 * MEBIBYTE));

    testbed.removeAllPods();
    assertThat(scope).doesNotExist();
    Await.until(
        "systemd has forgotten the scope",
        () -> systemctl(testbed, "show", "--property=LoadState", unit).contains("not-found"));
    systemctl(testbed, "stop", "kubepods.slice");
  }

  @Test
  void cgroupfsPathOfAParentNamesTheSameSlice(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "/kubepods/burstable/pod12ab-34");
    String container = testbed.runShell(pod, "app", "exec sleep 1000");
    assertThat(Limits.cgroup(container).toString()).contains("/" + SLICE + "/");
    testbed.removeAllPods();
    systemctl(testbed, "stop", "kubepods.slice");
  }

  @Test
  void oomKillIsReportedAlthoughTheContainerWasTheOnlyOneInItsScope(Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("oom", NamespaceMode.NODE);
    LinuxContainerResources limits =
        LinuxContainerResources.newBuilder().setMemoryLimitInBytes(32 * MEBIBYTE).build();
    String container =
        testbed.runContainer(pod, Limits.container(testbed, pod, "app", limits, Limits.HUNGRY));
    assertThat(testbed.awaitExited(container).getReason()).isEqualTo("OOMKilled");
  }

  @Test
  void containersAndScopesSurviveADaemonRestart(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("restart", NamespaceMode.NODE);
    String before = testbed.runShell(pod, "before", "exec sleep 1000");
    testbed.killAndRestartDaemon();
    String after =
        testbed.runContainer(
            pod,
            Requests.container(pod.config(), "after", testbed.busybox(), List.of("sleep", "1000"))
                .build());
    assertThat(Limits.cgroup(after).getParent()).isEqualTo(Limits.cgroup(before).getParent());
  }
}
