package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.EventStream;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** GetContainerEvents, as kubelet's EventedPLEG uses it, and {@code jukung events}. */
@ExtendWith(Testbed.Extension.class)
class EventsIT {
  private static List<String> types(EventStream stream, String id) {
    return stream.received().stream()
        .filter(event -> event.getContainerId().equals(id))
        .map(event -> event.getContainerEventType().name().replaceAll("CONTAINER_|_EVENT", ""))
        .toList();
  }

  private static ContainerEventResponse last(EventStream stream, ContainerEventType type) {
    return stream.received().stream()
        .filter(event -> event.getContainerEventType() == type)
        .reduce((first, second) -> second)
        .orElseThrow();
  }

  @Test
  void lifeOfAPodIsToldToEverySubscriber(Testbed testbed) throws Exception {
    try (EventStream one = EventStream.open(testbed.daemon().socket());
        EventStream other = EventStream.open(testbed.daemon().socket())) {
      Pod pod = testbed.runPod("told", NamespaceMode.POD);
      String container = testbed.runShell(pod, "brief", "exit 3");
      ContainerStatus exited = testbed.awaitExited(container);
      Await.until("the exit is told", () -> types(one, container).contains("STOPPED"));
      assertThat(last(one, ContainerEventType.CONTAINER_STOPPED_EVENT).getContainersStatusesList())
          .containsExactly(exited);
      assertThat(last(one, ContainerEventType.CONTAINER_STOPPED_EVENT).getPodSandboxStatus())
          .isEqualTo(testbed.podStatus(pod.id()));
      testbed.removePod(pod);
      for (EventStream stream : List.of(one, other)) {
        Await.until("the removal is told", () -> types(stream, pod.id()).contains("DELETED"));
        assertThat(types(stream, container))
            .containsExactly("CREATED", "STARTED", "STOPPED", "DELETED");
        assertThat(types(stream, pod.id()))
            .containsExactly("CREATED", "STARTED", "STOPPED", "DELETED");
        assertThat(stream.received().getLast().getPodSandboxStatus().getState())
            .as("the pod's status when it is deleted")
            .isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
      }
    }
  }

  @Test
  void exitWhileNoDaemonRanIsToldByTheNextOne(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("restarted", NamespaceMode.NODE);
    String stays = testbed.runContainer(pod, "stays", List.of("sleep", "1000"));
    Path flags = Files.createDirectories(testbed.node().directory().resolve("flags"));
    String ends =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "ends",
                    testbed.busybox(),
                    List.of("sh", "-c", "until [ -e /flags/end ]; do usleep 20000; done; exit 9"))
                .addMounts(
                    Mount.newBuilder().setContainerPath("/flags").setHostPath(flags.toString()))
                .build());
    EventStream old = EventStream.open(testbed.daemon().socket());
    testbed.daemon().kill();
    assertThat(old.awaitEnd().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    old.close();
    Files.createFile(flags.resolve("end"));
    Await.until(
        "the container has ended without a daemon", () -> Files.exists(exitRecord(testbed, ends)));
    testbed.daemon().start();
    testbed.reconnect();
    try (EventStream stream = EventStream.open(testbed.daemon().socket())) {
      Await.until("the exit is told", () -> types(stream, ends).contains("STOPPED"));
      ContainerEventResponse stopped = last(stream, ContainerEventType.CONTAINER_STOPPED_EVENT);
      assertThat(stopped.getContainerId()).isEqualTo(ends);
      assertThat(stopped.getContainersStatusesList()).contains(testbed.status(ends));
      assertThat(testbed.status(ends).getExitCode()).isEqualTo(9);
      assertThat(testbed.status(stays).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(types(stream, stays)).doesNotContain("STOPPED");
    }
  }

  private static Path exitRecord(Testbed testbed, String container) {
    return testbed.daemon().root().resolve("containers").resolve(container).resolve("exit.json");
  }

  @Test
  void daemonThatIsStoppedEndsTheStreamAndIsNotDelayed(Testbed testbed) throws Exception {
    EventStream stream = EventStream.open(testbed.daemon().socket());
    long begin = System.nanoTime();
    testbed.daemon().terminate();
    assertThat(stream.awaitEnd().getDescription()).contains("the daemon is stopping");
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin)).isLessThan(8);
    stream.close();
    testbed.daemon().start();
    testbed.reconnect();
  }

  @Test
  void eventsCommandPrintsALineForEachEventUntilItIsInterrupted(Testbed testbed) throws Exception {
    Process command =
        new ProcessBuilder(
                testbed
                    .node()
                    .inside(
                        List.of(
                            "env",
                            "--default-signal=INT", // bash has it ignored in the background
                            "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                            Daemon.dist().resolve("bin/jukung").toString(),
                            "events",
                            "--filter",
                            "type=pod")))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> lines = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  BufferedReader output = command.inputReader(StandardCharsets.UTF_8);
                  output
                      .lines()
                      .forEach(
                          line -> {
                            synchronized (lines) {
                              lines.add(line);
                            }
                          });
                });
    int[] pods = {0};
    Await.until(
        "the command prints events", // it may take a second until it has subscribed
        () -> {
          testbed.removePod(testbed.runPod("shown-" + pods[0]++, NamespaceMode.NODE));
          synchronized (lines) {
            return lines.stream().anyMatch(line -> line.contains(" pod delete "));
          }
        });
    testbed.node().run("pkill", "-INT", "-f", "jukung.*events --filter type=pod").orThrow();
    assertThat(command.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(command.exitValue()).isEqualTo(130);
    reader.join();
    assertThat(lines)
        .isNotEmpty()
        .allMatch(
            line ->
                line.matches(
                    "\\S+Z pod (create|start|stop|delete) [0-9a-f]{12}"
                        + " \\(name=shown-\\d+, namespace=default\\)"));
  }
}
