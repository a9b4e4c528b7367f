package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits of containers that a runtime of the OCI runs, checked by what the kernel enforces. */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class HandlerLimitsIT {
  /** The runtime prepares the container within the limit. */
  private static final long MEMORY = 64 << 20;

  private static Pod pod(Testbed testbed, String handler) throws Exception {
    return testbed.runPod(testbed.podConfig(handler, NamespaceMode.NODE).build(), handler);
  }

  private static LinuxContainerResources.Builder memory() {
    return LinuxContainerResources.newBuilder().setMemoryLimitInBytes(MEMORY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void containerAboveItsMemoryLimitIsOomKilled(String handler, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, handler);
    String container =
        testbed.runContainer(
            pod, Limits.container(testbed, pod, "hungry", memory().build(), Limits.HUNGRY));
    ContainerStatus end = testbed.awaitExited(container);
    assertThat(end.getReason()).isEqualTo("OOMKilled");
    assertThat(end.getExitCode()).isEqualTo(137);
    assertThat(end.getMessage()).contains("its limit is 64.0 MiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void processesAndProcessorTimeAreLimited(String handler, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, handler);
    LinuxContainerResources limits =
        memory()
            .setCpuQuota(20_000)
            .setCpuPeriod(100_000)
            .putUnified("pids.max", "12") // a runtime has threads
            .build();
    String script = "(for i in $(seq 20); do sleep 1000 & done) 2>/dev/null; while :; do :; done";
    Path cgroup =
        Limits.cgroup(
            testbed.runContainer(pod, Limits.container(testbed, pod, "both", limits, script)));
    assertThat(Limits.read(cgroup, "cpu.max")).isEqualTo("20000 100000");
    Await.until("a fork is refused", () -> Limits.keyed(cgroup, "pids.events", "max") > 0);
    Await.until(
        "the container waits for processor time",
        () -> Limits.keyed(cgroup, "cpu.stat", "nr_throttled") >= 5);
  }

  /** runc removes the cgroup with what an earlier start has left, before the limits are set. */
  @Test
  void containerThatIsStartedAgainHasItsLimits(Testbed testbed) throws Exception {
    Pod pod =
        testbed.runPod(
            testbed
                .podConfig("again", NamespaceMode.NODE)
                .putLabels("io.jukung.run", "again")
                .build(),
            "runc");
    String script = "echo run >>/runs; exec sleep 1000";
    String container =
        testbed.runContainer(
            pod,
            Limits.container(testbed, pod, "again", memory().build(), script).toBuilder()
                .putLabels("io.jukung.run", "again")
                .putAnnotations("io.jukung.restart", "always")
                .build());
    Await.until("the first run", () -> runs(testbed, container).equals("run\n"));
    Files.writeString(Limits.cgroup(container).resolve("cgroup.kill"), "1");
    Await.until("the second run", () -> runs(testbed, container).equals("run\nrun\n"));
    Path cgroup = Limits.cgroup(container);
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(MEMORY));
    assertThat(Limits.read(cgroup, "cgroup.procs")).isNotEmpty();
  }

  private static String runs(Testbed testbed, String container) {
    try {
      return testbed.exec(container, "cat", "/runs").getStdout().toStringUtf8();
    } catch (StatusRuntimeException e) {
      return String.valueOf(e.getMessage()); // it does not run now
    }
  }
}
