package io.jukung.e2e;

import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods whose shims have nothing to do and sleep. */
class SleepingShimIT {
  /** What PSS a sleeping shim has at most, in kB. */
  private static final long MOST_KILOBYTES = 200;

  private static Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    testbed = Testbed.start(Map.of(), "[shim]\nsleep_after = \"500ms\"\n");
  }

  @AfterAll
  static void stop() throws Exception {
    testbed.close();
  }

  @AfterEach
  void removePods() {
    testbed.removeAllPods();
  }

  private static String shell(String script) throws Exception {
    return testbed.node().run("sh", "-c", script).stdout().strip();
  }

  /** The program that a process executes. */
  private static String program(String pid) throws Exception {
    return shell("readlink /proc/" + pid + "/exe");
  }

  /** Names one sleep of a shim: it executes a new file each time. */
  private static String awaitAsleep(String shim) throws Exception {
    Await.until("shim " + shim + " sleeps", () -> program(shim).contains("jukung-asleep"));
    return sleep(shim);
  }

  private static String sleep(String shim) throws Exception {
    return shell("stat -L -c %i /proc/" + shim + "/exe") + program(shim);
  }

  @Test
  void idlePodTakesAlmostNoMemoryAndNoQuestionOfKubeletWakesIt() throws Exception {
    Pod pod = testbed.runPod("idle", NamespaceMode.POD);
    String container = testbed.runContainer(pod, "sleeper", List.of("sleep", "8001"));
    String shim = testbed.shim(pod.id());
    final String asleep = awaitAsleep(shim);
    String pss = shell("awk '/^Pss:/ {print $2}' /proc/" + shim + "/smaps_rollup");
    assertThat(Long.parseLong(pss)).isLessThan(MOST_KILOBYTES);

    for (int i = 0; i < 3; i++) {
      assertThat(testbed.pods()).hasSize(1);
      assertThat(testbed.containers()).hasSize(1);
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(testbed.podStatus(pod.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
      testbed.client().runtime().listContainerStats(ListContainerStatsRequest.getDefaultInstance());
      testbed
          .client()
          .runtime()
          .listPodSandboxStats(ListPodSandboxStatsRequest.getDefaultInstance());
    }
    assertThat(sleep(shim)).isEqualTo(asleep);
  }

  @Test
  void callsThatNeedASleepingShimWakeItInTheSameProcess() throws Exception {
    Pod pod = testbed.runPod("asked", NamespaceMode.POD);
    String container =
        testbed.runShell(pod, "talker", "while [ ! -e /tmp/go ]; do usleep 50000; done; echo went");
    String shim = testbed.shim(pod.id());
    awaitAsleep(shim);
    assertThat(testbed.exec(container, "echo", "awake").getStdout().toStringUtf8())
        .isEqualTo("awake\n");
    assertThat(testbed.shim(pod.id())).isEqualTo(shim);
    awaitAsleep(shim);
    testbed
        .client()
        .runtime()
        .reopenContainerLog(
            ReopenContainerLogRequest.newBuilder().setContainerId(container).build());
    awaitAsleep(shim);
    String second = testbed.runShell(pod, "second", "exit 4");
    assertThat(testbed.awaitExited(second).getExitCode()).isEqualTo(4);
    awaitAsleep(shim);
    testbed.stopContainer(container, 0);
    assertThat(testbed.status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void outputAndExitOfAContainerWakeTheShim() throws Exception {
    Pod pod = testbed.runPod("talker", NamespaceMode.NODE);
    String container =
        testbed.runShell(pod, "talker", "for i in 1 2 3; do sleep 2; echo line $i; done; exit 6");
    awaitAsleep(testbed.shim(pod.id()));
    ContainerStatus status = testbed.awaitExited(container);
    assertThat(status.getExitCode()).isEqualTo(6);
    assertThat(logged(pod, "talker")).containsExactly("line 1", "line 2", "line 3");
  }

  @Test
  void restartOfTheDaemonWakesNoShimAndLosesNothing() throws Exception {
    List<Pod> pods = new ArrayList<>();
    List<String> containers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Pod pod = testbed.runPod("kept-" + i, NamespaceMode.POD);
      pods.add(pod);
      containers.add(testbed.runShell(pod, "waiter", waiter(i)));
    }
    List<String> shims = pods.stream().map(pod -> testbed.shim(pod.id())).toList();
    List<String> sleeps = new ArrayList<>();
    for (String shim : shims) {
      sleeps.add(awaitAsleep(shim));
    }
    testbed.killAndRestartDaemon();
    for (String container : containers) {
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
    Await.until(
        "the pods are taken up", () -> testbed.daemon().log().contains("took up what was left"));
    for (int i = 0; i < shims.size(); i++) {
      assertThat(sleep(shims.get(i))).as("sleep of shim " + i).isEqualTo(sleeps.get(i));
    }

    assertThat(testbed.exec(containers.get(0), "true").getExitCode()).isZero();
    assertThat(sleep(shims.get(1))).isEqualTo(sleeps.get(1));
    // The daemon is not connected to this shim, and learns the exit all the same.
    end(1);
    assertThat(testbed.awaitExited(containers.get(1)).getExitCode()).isEqualTo(1);
    assertThat(logged(pods.get(1), "waiter")).containsExactly("done 1");
    testbed.stopContainer(containers.get(2), 0);
    assertThat(testbed.status(containers.get(2)).getExitCode()).isEqualTo(137);
    testbed.removePod(pods.get(3));
    assertThat(testbed.pods()).hasSize(3);
  }

  /** A script that ends when it is told to by {@link #end}. */
  private static String waiter(int i) {
    return "trap 'echo done " + i + "; exit " + i + "' USR1; while :; do sleep 1; done";
  }

  /** Ends a waiter without a call to the daemon. */
  private static void end(int i) throws Exception {
    String pid = shell("pgrep -o -f 'trap .echo done " + i + ";'");
    testbed.node().run("kill", "-USR1", pid).orThrow();
  }

  @Test
  void containersThatEndWhileNoDaemonRunsAreLearntFromASleepingShim() throws Exception {
    Pod pod = testbed.runPod("ended", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "ended", "sleep 4; echo gone; exit 9");
    String shim = testbed.shim(pod.id());
    awaitAsleep(shim);
    testbed.daemon().kill();
    Await.until("the container ends", () -> logged(pod, "ended").contains("gone"));
    awaitAsleep(shim);
    testbed.daemon().start();
    testbed.reconnect();
    assertThat(testbed.awaitExited(container).getExitCode()).isEqualTo(9);
    assertThat(Files.readString(pod.log("ended"))).contains("gone");
  }

  @Test
  void shimKilledAsleepEndsItsPodAndNoOther() throws Exception {
    Pod victim = testbed.runPod("victim", NamespaceMode.POD);
    Pod other = testbed.runPod("other", NamespaceMode.POD);
    String ends = testbed.runContainer(victim, "ends", List.of("sleep", "8002"));
    String stays = testbed.runContainer(other, "stays", List.of("sleep", "8003"));
    String shim = testbed.shim(victim.id());
    awaitAsleep(shim);
    final String asleep = awaitAsleep(testbed.shim(other.id()));
    testbed.node().run("kill", "-KILL", shim).orThrow();
    assertThat(testbed.awaitExited(ends).getReason()).isEqualTo("Unknown");
    Await.until(
        "the pod is not ready",
        () -> testbed.podStatus(victim.id()).getState() == PodSandboxState.SANDBOX_NOTREADY);
    assertThat(sleep(testbed.shim(other.id()))).isEqualTo(asleep);
    assertThat(testbed.exec(stays, "true").getExitCode()).isZero();
  }

  @Test
  void shimKilledAsleepAfterARestartEndsItsPod() throws Exception {
    Pod victim = testbed.runPod("victim", NamespaceMode.POD);
    String ends = testbed.runContainer(victim, "ends", List.of("sleep", "8004"));
    String shim = testbed.shim(victim.id());
    awaitAsleep(shim);
    testbed.killAndRestartDaemon();
    testbed.node().run("kill", "-KILL", shim).orThrow();
    assertThat(testbed.awaitExited(ends).getReason()).isEqualTo("Unknown");
  }
}
