package io.jukung.runtime.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.pod.SandboxRequest;
import io.jukung.runtime.service.Await;
import io.jukung.runtime.service.FakeShimPool;
import io.jukung.runtime.service.TestNode;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts daemons over what an earlier one left. */
@Timeout(120)
class RecoveryTest {
  @TempDir private Path directory;
  private TestNode node;
  private final SlowReader slow = new SlowReader();

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
    node.reader = slow::over;
  }

  @AfterEach
  void tearDown() throws Exception {
    slow.release();
    node.cleanUp();
  }

  @Test
  void sandboxWhoseRecordIsReadTooLateIsNotSwept() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final FakeShimPool.Pod pod = pod(sandbox);
    final Cgroup cgroup = node.cgroup().child(sandbox);
    slow.hang(sandbox);
    recover();

    assertThat(pod.signals).as("signals to the container").isEmpty();
    assertThat(node.pool.pods).as("its shim").containsKey(sandbox);
    assertThat(cgroup.child(container).exists()).as("its cgroup").isTrue();
    assertThat(node.paths.sandboxState(sandbox)).as("its volatile state").isDirectory();
    assertThat(node.images.leases).as("its image").contains(container);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_UNKNOWN);

    slow.release();
    Await.until("it is taken up", () -> node.state(container) == ContainerState.CONTAINER_RUNNING);
    assertThat(node.sandboxes.get(sandbox).isReady()).isTrue();
    assertThat(copies()).isEmpty();
    Await.until("its networks are taken up", () -> node.lateNetworks.contains(sandbox));
  }

  @Test
  void containerWhoseRecordIsReadTooLateIsNotEnded() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final FakeShimPool.Pod pod = pod(sandbox);
    slow.hang(container);
    recover();

    assertThat(pod.signals).as("signals to the container").isEmpty();
    assertThat(node.cgroup().child(sandbox).child(container).exists()).isTrue();
    assertThat(node.images.leases).as("its image").contains(container);
    assertThat(node.sandboxes.get(sandbox).isReady()).isTrue();

    slow.release();
    Await.until("it is read", () -> node.containers.find(container).isPresent());
    Await.until("it is taken up", () -> node.state(container) == ContainerState.CONTAINER_RUNNING);
    assertThat(copies()).isEmpty();
  }

  @Test
  void recordThatCannotBeReadIsNotTakenForDamagedAndItsPodIsNotSwept() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final FakeShimPool.Pod pod = pod(sandbox);
    slow.fail(sandbox);
    recover();
    assertThat(copies()).isEmpty();
    assertThat(pod.signals).as("signals to the container").isEmpty();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_UNKNOWN);

    slow.release();
    Await.until("it is taken up", () -> node.state(container) == ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void sandboxWhoseLastRecordIsDamagedIsNotReadyAndIsRemovedWhole() throws Exception {
    assertRemovedWhole(id -> List.of(node.paths.sandboxStatus(id)), "web");
  }

  @Test
  void sandboxOfWhichEveryRecordIsDamagedIsNotReadyAndIsRemovedWhole() throws Exception {
    assertRemovedWhole(
        id -> List.of(node.paths.sandboxStatus(id), node.paths.sandboxRecord(id)), "damaged-");
  }

  private void assertRemovedWhole(Function<String, List<Path>> records, String name)
      throws Exception {
    final Set<String> before = node.traces();
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.createDirectories(node.paths.namespaces(sandbox));
    Files.createFile(node.paths.namespace(sandbox, "net"));
    for (Path record : records.apply(sandbox)) {
      Files.writeString(record, "{\"version\":1,");
    }
    recover();

    assertThat(node.sandboxes.get(sandbox).isReady()).isFalse();
    assertThat(node.sandboxes.get(sandbox).record().name().name()).startsWith(name);
    assertThat(copies()).hasSize(records.apply(sandbox).size());
    recover();
    assertThat(node.sandboxes.get(sandbox).isReady()).as("after another restart").isFalse();
    assertThat(copies()).hasSize(records.apply(sandbox).size());
    node.stopPod(sandbox);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    Files.deleteIfExists(node.paths.namespace(sandbox, "net"));
    node.removePod(sandbox);
    deleteCopies();
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void containerWhoseRecordIsDamagedIsEndedAndIsRemovedWithItsPod() throws Exception {
    final Set<String> before = node.traces();
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.writeString(node.paths.containerRecord(container), "{\"version\":1,");
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(node.containers.get(container).record().sandboxId()).isEqualTo(sandbox);
    assertThat(node.sandboxes.get(sandbox).isReady()).isTrue();
    assertThat(copies()).hasSize(1);
    node.removePod(sandbox);
    deleteCopies();
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void objectThatAnEarlierReleaseHasSetAsideIsRemovedWhole() throws Exception {
    final Set<String> before = node.traces();
    String sandbox = node.runPod("web");
    node.start(sandbox, "app");
    Files.writeString(node.paths.sandboxStatus(sandbox), "{");
    StateFiles.setAside(node.paths.sandbox(sandbox), 1);
    recover();
    assertThat(node.sandboxes.get(sandbox).isReady()).isFalse();
    node.removePod(sandbox);
    deleteCopies();
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void daemonServesWhileAShimDoesNotAnswer() throws Exception {
    String slow = node.runPod("slow");
    String app = node.start(slow, "app");
    String other = node.start(node.runPod("other"), "app");
    try (Processes processes = new Processes()) {
      processes.in(node.cgroup().child(slow).child(app));
      CountDownLatch answer = new CountDownLatch(1);
      pod(slow).beforeList = answer;
      node.silence = Duration.ofSeconds(30);
      node.restart();
      var _ = node.recovery.run(); // returns although the shim does not answer
      assertThat(node.state(app)).isEqualTo(ContainerState.CONTAINER_RUNNING);
      Await.until("other", () -> node.state(other) == ContainerState.CONTAINER_RUNNING);

      CompletableFuture<String> call = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> complete(call, () -> node.create(slow, "late")));
      assertThat(call).as("a call on the pod waits").isNotDone();
      answer.countDown();
      assertThat(call.get(30, TimeUnit.SECONDS)).isNotEmpty();
    }
  }

  @Test
  void podOfAnUnfinishedPodsNameIsCreatedWhenThatOneIsUndone() throws Exception {
    SandboxRecord unfinished =
        SandboxRequest.record(ObjectId.random(), 1, TestNode.pod("web"), UnaryOperator.identity());
    new StateFiles(node.paths).createSandbox(unfinished);
    node.host.tearDown = new CompletableFuture<>();
    node.restart();
    var _ = node.recovery.run();

    CompletableFuture<String> call = new CompletableFuture<>();
    try {
      Thread caller = Thread.ofPlatform().start(() -> complete(call, () -> node.runPod("web")));
      Await.until(
          "it waits or ends", () -> caller.getState() == Thread.State.WAITING || call.isDone());
    } finally {
      node.host.tearDown.complete(null);
    }
    assertThat(call.get(30, TimeUnit.SECONDS)).isNotEqualTo(unfinished.id());
    assertThat(node.sandboxes.find(unfinished.id())).isEmpty();
  }

  @Test
  void callOnAPodWhoseShimIsSilentFailsAndNamesThePod() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.create(sandbox, "app");
    pod(sandbox).silent = true;
    node.silence = Duration.ZERO;
    node.restart();
    var _ = node.recovery.run();
    assertThatThrownBy(() -> node.start(container)).hasMessageContaining(sandbox);
    assertThatThrownBy(() -> node.create(sandbox, "other")).hasMessageContaining(sandbox);
    pod(sandbox).silent = false;
    Await.until("it is taken up", () -> node.shims.find(sandbox).isPresent());
    Await.until("it starts", () -> starts(container));
  }

  private boolean starts(String container) throws Exception {
    try {
      node.start(container);
      return true;
    } catch (CriException e) {
      return false;
    }
  }

  private static void complete(CompletableFuture<String> call, Callable<String> work) {
    try {
      call.complete(work.call());
    } catch (Exception e) {
      call.completeExceptionally(e);
    }
  }

  @Test
  void exitThatIsToldWhileTheProcessesAreListedIsNotLost() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.delete(
        node.paths.containerStatus(
            container)); // as if the daemon had died before it wrote the file
    FakeShimPool.Pod pod = pod(sandbox);
    pod.afterList = () -> pod.exit(container, 6, false);
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getExitCode()).isEqualTo(6);
    assertThat(status(container).getStartedAt()).isPositive();
  }

  @Test
  void containerWhoseStatusIsDamagedIsLearntFromItsShim() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.writeString(node.paths.containerStatus(container), "{\"version\":1,\"sta");
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(status(container).getStartedAt()).isEqualTo(1000);
    recover();
    assertThat(node.state(container))
        .as("written anew")
        .isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void containerWhoseShimIsSilentIsUnknownUntilTheShimAnswers() throws Exception {
    String sandbox = node.runPod("web");
    String running = node.start(sandbox, "running");
    String created = node.create(sandbox, "created");
    pod(sandbox).silent = true;
    recover();
    assertThat(node.state(running)).isEqualTo(ContainerState.CONTAINER_UNKNOWN);
    pod(sandbox).silent = false;
    Await.until("it is learnt", () -> node.state(running) == ContainerState.CONTAINER_RUNNING);
    Await.until("it is learnt", () -> node.state(created) == ContainerState.CONTAINER_CREATED);
    pod(sandbox).exit(running, 4, false);
    assertThat(status(running).getExitCode()).isEqualTo(4);
  }

  @Test
  void stopEndsContainersThatAreUnknown() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).silent = true;
    recover();
    node.stopPodSandbox.call(StopPodSandboxRequest.newBuilder().setPodSandboxId(sandbox).build());
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(node.pool.pods).isEmpty();
  }

  @Test
  void containersAreFoundAsTheyWere() throws Exception {
    String sandbox = node.runPod("web");
    String running = node.start(sandbox, "running");
    String created = node.create(sandbox, "created");
    String exited = node.start(sandbox, "exited");
    pod(sandbox).exit(exited, 3, true);
    List<ContainerStatus> before = List.of(status(running), status(created), status(exited));
    recover();
    assertThat(List.of(status(running), status(created), status(exited))).isEqualTo(before);
  }

  @Test
  void strayThatCannotBeEndedDoesNotKeepOthersAlive() throws Exception {
    String sandbox = node.runPod("web");
    for (String name : List.of("one", "two")) {
      node.deleteRecords(node.start(sandbox, name));
    }
    node.faults.failAt(1); // the first signal: the list of processes comes before
    recover();
    assertThat(pod(sandbox).signals).containsExactly("SIGKILL");
    recover(); // ends the other one
  }

  @Test
  void containersOfAShimThatIsGoneHaveEnded() throws Exception {
    String sandbox = node.runPod("web");
    String told = node.start(sandbox, "told");
    String untold = node.start(sandbox, "untold");
    Files.writeString(
        node.paths.containerExit(told),
        "{\"version\":1,\"exitCode\":5,\"finishedAt\":3000,\"oomKilled\":false}");
    node.pool.pods.clear();
    recover();
    assertThat(status(told).getExitCode()).isEqualTo(5);
    assertThat(status(untold).getExitCode()).isEqualTo(255);
    assertThat(node.sandboxes.get(sandbox).isReady()).isFalse();
  }

  private void recover() throws Exception {
    node.restart(Duration.ofMillis(500));
    node.recover();
  }

  /** The copies of damaged records. */
  private List<String> copies() throws IOException {
    return StateFiles.list(node.paths.damaged());
  }

  private void deleteCopies() throws IOException {
    for (String copy : copies()) {
      Files.delete(node.paths.damaged().resolve(copy));
    }
  }

  private ContainerStatus status(String id) throws IOException {
    return node.containerStatus
        .call(ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build())
        .getStatus();
  }

  private FakeShimPool.Pod pod(String sandbox) {
    return Objects.requireNonNull(node.pool.pods.get(sandbox));
  }
}
