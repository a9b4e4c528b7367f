package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.runtime.events.Subscription;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The events that calls, shims and the recovery bring about. */
@Timeout(60)
class GetContainerEventsTest {
  @TempDir private Path directory;
  private TestNode node;
  private Subscription subscription;

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    subscription = node.changes.subscribe();
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  /** Takes so many events, each of which must be later than the one before. */
  private List<ContainerEventResponse> take(int count) throws InterruptedException {
    List<ContainerEventResponse> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(subscription.take());
    }
    assertThat(events)
        .extracting(ContainerEventResponse::getCreatedAt)
        .isSorted()
        .doesNotHaveDuplicates();
    return events;
  }

  private List<String> told(int count) throws InterruptedException {
    return take(count).stream().map(GetContainerEventsTest::line).toList();
  }

  /** The first letter of the id, what has happened, and the states of the pod's objects. */
  private static String line(ContainerEventResponse event) {
    boolean isSandbox = event.getContainerId().equals(event.getPodSandboxStatus().getId());
    StringBuilder line =
        new StringBuilder(isSandbox ? "pod " : "container ")
            .append(
                event
                    .getContainerEventType()
                    .name()
                    .replace("CONTAINER_", "")
                    .replace("_EVENT", ""))
            .append(": ")
            .append(event.getPodSandboxStatus().getState().name().replace("SANDBOX_", ""));
    for (ContainerStatus status : event.getContainersStatusesList()) {
      line.append(' ').append(status.getState().name().replace("CONTAINER_", ""));
      if (status.getState() == ContainerState.CONTAINER_EXITED) {
        line.append(' ').append(status.getExitCode());
      }
    }
    return line.toString();
  }

  private FakeShimPool.Pod shim(String sandbox) {
    return Objects.requireNonNull(node.pool.pods.get(sandbox));
  }

  @Test
  void eachStepOfALifeIsToldWithThePodAsItIsThen() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    shim(sandbox).exit(container, 3, false);
    node.remove(container);
    node.stopPod(sandbox);
    node.removePod(sandbox);

    assertThat(told(8))
        .containsExactly(
            "pod CREATED: READY",
            "pod STARTED: READY",
            "container CREATED: READY CREATED",
            "container STARTED: READY RUNNING",
            "container STOPPED: READY EXITED 3",
            "container DELETED: READY",
            "pod STOPPED: NOTREADY",
            "pod DELETED: NOTREADY");
  }

  @Test
  void exitBeforeTheStartIsAnsweredIsToldAfterTheStart() throws Exception {
    String sandbox = node.runPod("web");
    shim(sandbox).exitsBeforeAnswer = true;
    node.start(sandbox, "app");

    assertThat(told(5))
        .endsWith("container STARTED: READY RUNNING", "container STOPPED: READY EXITED 3");
  }

  @Test
  void deathOfAShimIsTold() throws Exception {
    String sandbox = node.runPod("web");
    node.start(sandbox, "app");
    node.pool.die(sandbox);

    assertThat(told(6))
        .endsWith("pod STOPPED: NOTREADY RUNNING", "container STOPPED: NOTREADY EXITED 255");
  }

  @Test
  void removalOfAPodTellsTheEndOfAllItHad() throws Exception {
    String sandbox = node.runPod("web");
    node.start(sandbox, "app");
    node.create(sandbox, "waiting");
    take(5);
    node.removePod(sandbox);

    assertThat(told(5))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("pod STOPPED: NOTREADY"),
            line -> assertThat(line).startsWith("container STOPPED: NOTREADY"),
            line -> assertThat(line).startsWith("container DELETED: NOTREADY"),
            line -> assertThat(line).startsWith("container DELETED: NOTREADY"),
            line -> assertThat(line).isEqualTo("pod DELETED: NOTREADY"));
  }

  @Test
  void exitWhileNoDaemonRanIsToldToTheFirstSubscriberOfTheNextDaemon() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final String other = node.start(sandbox, "other");
    node.pool.tell(null);
    shim(sandbox).exit(container, 9, false);
    node.restart();
    node.recovery.run().join();
    subscription = node.changes.subscribe();
    List<ContainerEventResponse> events = take(3);

    assertThat(events)
        .filteredOn(event -> event.getContainerId().equals(other))
        .extracting(GetContainerEventsTest::line)
        .allMatch(line -> line.startsWith("container STARTED"));
    assertThat(events)
        .filteredOn(event -> event.getContainerId().equals(container))
        .extracting(event -> event.getContainerEventType().name())
        .containsExactly("CONTAINER_STARTED_EVENT", "CONTAINER_STOPPED_EVENT");
    assertThat(status(events, container).getExitCode()).isEqualTo(9);
    assertThat(status(events, container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(events, other).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(events.getLast().getPodSandboxStatus().getState())
        .isEqualTo(PodSandboxState.SANDBOX_READY);
  }

  @Test
  void exitThatTheRecordsTellIsToldWithItsPod() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    node.pool.tell(null);
    shim(sandbox).exit(container, 9, false);
    Files.writeString(
        node.paths.containerExit(container), "{\"version\":1,\"exitCode\":9,\"finishedAt\":2000}");
    node.restart();
    node.recovery.run().join();
    subscription = node.changes.subscribe();

    assertThat(told(1)).containsExactly("container STOPPED: READY EXITED 9");
  }

  /** What a client that keeps the last event knows of a container. */
  private static ContainerStatus status(List<ContainerEventResponse> events, String container) {
    return events.getLast().getContainersStatusesList().stream()
        .filter(each -> each.getId().equals(container))
        .findFirst()
        .orElseThrow();
  }
}
