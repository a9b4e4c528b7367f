package io.jukung.e2e;

import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pods and containers after the daemon was stopped or killed, or a shim was killed. */
@ExtendWith(Testbed.Extension.class)
class RestartIT {
  private static final String COUNT = "i=0; while :; do echo $i; i=$((i+1)); usleep 20000; done";

  /** The /proc directory and the start time of the only process with this command line. */
  private static String process(Testbed testbed, String commandLine) throws Exception {
    String found =
        testbed
            .node()
            .run(
                "sh",
                "-c",
                "for p in /proc/[0-9]*; do"
                    + " [ \"$(tr '\\0' ' ' <$p/cmdline 2>/dev/null)\" = \"$0 \" ]"
                    + " && echo $p $(cut -d' ' -f22 $p/stat); done; true",
                commandLine)
            .orThrow()
            .strip();
    assertThat(found).as("the one process " + commandLine).isNotEmpty().doesNotContain("\n");
    return found;
  }

  @Test
  void podsAndContainersSurviveAKilledDaemon(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("survivor", NamespaceMode.POD);
    String counter = testbed.runShell(pod, "counter", COUNT);
    String sleeper = testbed.runContainer(pod, "sleeper", List.of("sleep", "7654"));
    String shortly = testbed.runShell(pod, "shortly", "sleep 1; echo gone; exit 9");
    String exited = testbed.runShell(pod, "exited", "exit 3");
    ContainerStatus before = testbed.awaitExited(exited);
    final ContainerStatus sleeperBefore = testbed.status(sleeper);
    final PodSandboxStatus podBefore = testbed.podStatus(pod.id());
    final String processBefore = process(testbed, "sleep 7654");

    testbed.daemon().kill();
    int lines = Files.readAllLines(pod.log("counter")).size();
    Await.until(
        "the log goes on without a daemon",
        () -> Files.readAllLines(pod.log("counter")).size() > lines + 10);
    Await.until("a container ends without a daemon", () -> logged(pod, "shortly").contains("gone"));
    testbed.daemon().start();
    testbed.reconnect();

    assertThat(process(testbed, "sleep 7654")).isEqualTo(processBefore);
    assertThat(testbed.status(sleeper)).isEqualTo(sleeperBefore);
    assertThat(testbed.status(exited)).isEqualTo(before);
    assertThat(testbed.podStatus(pod.id())).isEqualTo(podBefore);
    assertThat(testbed.containers())
        .extracting(Container::getId)
        .containsExactlyInAnyOrder(counter, sleeper, shortly, exited);
    ContainerStatus ended = testbed.awaitExited(shortly);
    assertThat(ended.getExitCode()).isEqualTo(9);
    assertThat(ended.getReason()).isEqualTo("Error");
    assertThat(testbed.exec(sleeper, "echo", "still here").getStdout().toStringUtf8())
        .isEqualTo("still here\n");

    List<String> counted = logged(pod, "counter");
    for (int i = 0; i < counted.size(); i++) {
      assertThat(counted.get(i)).as("no line is lost or doubled").isEqualTo(Integer.toString(i));
    }
    testbed.removePod(pod);
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void podsKeepRunningWhenTheDaemonIsStopped(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("stopped", NamespaceMode.NODE);
    String sleeper = testbed.runContainer(pod, "sleeper", List.of("sleep", "7655"));
    String before = process(testbed, "sleep 7655");
    testbed.daemon().terminate();
    assertThat(process(testbed, "sleep 7655")).isEqualTo(before);
    testbed.daemon().start();
    testbed.reconnect();
    assertThat(testbed.status(sleeper).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void eightPodsAreRecoveredAfterTheDaemonWasKilled(Testbed testbed) throws Exception {
    for (int i = 0; i < 8; i++) {
      Pod pod = testbed.runPod("many-" + i, NamespaceMode.NODE);
      testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    }
    testbed.killAndRestartDaemon();
    assertThat(testbed.pods())
        .hasSize(8)
        .allMatch(pod -> pod.getState() == PodSandboxState.SANDBOX_READY);
    assertThat(testbed.containers())
        .hasSize(8)
        .allMatch(container -> container.getState() == ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void killedShimEndsItsPodAndNoOther(Testbed testbed) throws Exception {
    Pod victim = testbed.runPod("victim", NamespaceMode.POD);
    String ends = testbed.runContainer(victim, "ends", List.of("sleep", "7656"));
    Pod other = testbed.runPod("other", NamespaceMode.POD);
    String stays = testbed.runContainer(other, "stays", List.of("sleep", "7657"));
    String pid = process(testbed, "sleep 7656").split(" ", 2)[0].replace("/proc/", "");
    String shim = testbed.shim(victim.id());
    assertThat(testbed.node().run("sh", "-c", "tr '\\0' ' ' </proc/" + shim + "/cmdline").stdout())
        .contains("io.jukung.shim");

    testbed.node().run("kill", "-KILL", shim).orThrow();

    ContainerStatus status = testbed.awaitExited(ends);
    assertThat(status.getReason()).isEqualTo("Unknown");
    assertThat(status.getExitCode()).isNotZero();
    Await.until(
        "the container's process is gone",
        () -> testbed.node().run("test", "-d", "/proc/" + pid).exitCode() != 0);
    Await.until(
        "the pod is not ready",
        () -> testbed.podStatus(victim.id()).getState() == PodSandboxState.SANDBOX_NOTREADY);
    assertThat(testbed.status(stays).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(testbed.exec(stays, "true").getExitCode()).isZero();
  }
}
