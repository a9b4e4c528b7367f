package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.Signal;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Testbed.Extension.class)
class StopIT {
  private static final String STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done";

  private static Duration time(Runnable action) {
    long start = System.nanoTime();
    action.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static String ready(Testbed testbed, Pod pod, String name, String script)
      throws Exception {
    String container = testbed.runShell(pod, name, script);
    Await.until("the trap is set", () -> Calls.logged(pod, name).contains("ready"));
    return container;
  }

  @Test
  void stopSendsSigtermAndKeepsTheContainersExitCode(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("term", NamespaceMode.NODE);
    String container =
        ready(
            testbed,
            pod,
            "polite",
            "trap 'echo leaving; exit 5' TERM; echo ready; while :; do sleep 0.1; done");
    assertThat(time(() -> testbed.stopContainer(container, 30))).isLessThan(Duration.ofSeconds(10));
    ContainerStatus status = testbed.status(container);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getExitCode()).isEqualTo(5);
    assertThat(Calls.logged(pod, "polite")).endsWith("leaving");
  }

  @Test
  void stopKillsAfterTheTimeout(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("kill", NamespaceMode.NODE);
    String container = ready(testbed, pod, "stubborn", STUBBORN);
    assertThat(time(() -> testbed.stopContainer(container, 1)))
        .isBetween(Duration.ofMillis(900), Duration.ofSeconds(10));
    assertThat(testbed.status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void stopWithZeroTimeoutKillsAtOnce(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("now", NamespaceMode.NODE);
    String container =
        ready(testbed, pod, "now", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done");
    testbed.stopContainer(container, 0);
    assertThat(testbed.status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void secondStopWithAShorterTimeoutShortensTheWait(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("shorter", NamespaceMode.NODE);
    String container = ready(testbed, pod, "stubborn", STUBBORN);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> patient = executor.submit(() -> testbed.stopContainer(container, 50));
      assertThat(time(() -> testbed.stopContainer(container, 1)))
          .isLessThan(Duration.ofSeconds(10));
      patient.get();
    }
    assertThat(testbed.status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void stopUsesTheSignalOfTheImage(Testbed testbed) throws Exception {
    String image = testbed.registry().push("stopper:1", "--stop-signal", "SIGUSR1");
    testbed.pull(image);
    try {
      Pod pod = testbed.runPod("signal", NamespaceMode.NODE);
      String container =
          testbed.runContainer(
              pod,
              Requests.container(
                      pod.config(),
                      "signal",
                      image,
                      List.of(
                          "sh",
                          "-c",
                          "trap 'exit 6' USR1; trap 'exit 5' TERM; echo ready;"
                              + " while :; do sleep 0.1; done"))
                  .build());
      Await.until("the trap is set", () -> Calls.logged(pod, "signal").contains("ready"));
      testbed.stopContainer(container, 30);
      assertThat(testbed.status(container).getExitCode()).isEqualTo(6);
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(image);
    }
  }

  @Test
  void stopUsesTheSignalOfTheRequestAndStatusShowsIt(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("asked", NamespaceMode.NODE);
    String script =
        "trap 'exit 7' HUP; trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    String container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(), "asked", testbed.busybox(), List.of("sh", "-c", script))
                .setStopSignal(Signal.SIGHUP)
                .build());
    Await.until("the trap is set", () -> Calls.logged(pod, "asked").contains("ready"));
    assertThat(testbed.status(container).getStopSignal()).isEqualTo(Signal.SIGHUP);
    testbed.stopContainer(container, 30);
    assertThat(testbed.status(container).getExitCode()).isEqualTo(7);
  }

  @Test
  void stopKillsBackgroundChildren(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("children", NamespaceMode.NODE);
    String container =
        ready(
            testbed, pod, "parent", "setsid sleep 9876 & sleep 9876 & echo ready; exec sleep 1000");
    testbed.stopContainer(container, 0);
    assertThat(testbed.node().run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout())
        .doesNotContain("sleep 9876");
  }

  @Test
  void stopOfAPodStopsItsContainers(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("pod", NamespaceMode.POD);
    String one = ready(testbed, pod, "one", STUBBORN);
    String two = testbed.runContainer(pod, "two", List.of("sleep", "1000"));
    testbed.stopPod(pod.id());
    for (String container : List.of(one, two)) {
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    }
  }
}
