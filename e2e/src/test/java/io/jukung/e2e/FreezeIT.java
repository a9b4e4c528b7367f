package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Containers and pods that were frozen through cgroup.freeze can still be stopped and removed. */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
class FreezeIT {
  private static final String COUNTER =
      "echo ready; while :; do i=$((i + 1)); echo $i >/count; done";

  private static String runCounter(Testbed testbed, Pod pod) throws Exception {
    String container = testbed.runShell(pod, "counter", COUNTER);
    Await.until("the container counts", () -> Calls.logged(pod, "counter").contains("ready"));
    return container;
  }

  private static void freeze(Path cgroup) throws Exception {
    Files.writeString(cgroup.resolve("cgroup.freeze"), "1");
    Await.until("the cgroup is frozen", () -> Limits.keyed(cgroup, "cgroup.events", "frozen") == 1);
  }

  /** Reads the count from outside: an exec in the container would be frozen with it. */
  private static String count(Path cgroup) throws Exception {
    String pid = Limits.read(cgroup, "cgroup.procs").lines().findFirst().orElseThrow();
    return Files.readString(Path.of("/proc", pid, "root/count"));
  }

  @Test
  void thawedContainerContinues(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("thaw", NamespaceMode.NODE);
    Path cgroup = Limits.cgroup(runCounter(testbed, pod));
    freeze(cgroup);
    String frozenAt = count(cgroup);
    assertThat(count(cgroup)).isEqualTo(frozenAt);
    Files.writeString(cgroup.resolve("cgroup.freeze"), "0");
    Await.until("the container counts again", () -> !count(cgroup).equals(frozenAt));
  }

  /** SIGKILL is the only signal that reaches a frozen process. */
  @Test
  void frozenContainerCanBeStopped(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("frozen", NamespaceMode.NODE);
    String container = runCounter(testbed, pod);
    freeze(Limits.cgroup(container));
    testbed.stopContainer(container, 1);
    assertThat(testbed.status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void frozenPodCanBeRemoved(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("frozen-pod", NamespaceMode.NODE);
    freeze(Limits.cgroup(runCounter(testbed, pod)).resolve("..").normalize());
    testbed.removePod(pod);
    assertThat(testbed.pods()).isEmpty();
  }
}
