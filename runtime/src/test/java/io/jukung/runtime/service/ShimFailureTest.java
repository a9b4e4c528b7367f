package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shims that die, refuse or fall silent at the worst moment. */
@Timeout(60)
class ShimFailureTest {
  @TempDir private Path directory;
  private TestNode node;

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
  }

  @AfterEach
  void tearDown() throws Exception {
    node.pool.pods.values().forEach(ShimFailureTest::mend);
    node.cleanUp();
  }

  private static void mend(FakeShimPool.Pod pod) {
    pod.silent = false;
    pod.stubborn = false;
    pod.refusesShutdown = false;
  }

  @Test
  void stopAfterARefusedShutdownEndsTheShim() throws Exception {
    String sandbox = node.runPod("web");
    FakeShimPool.Pod pod = pod(sandbox);
    pod.refusesShutdown = true;
    assertThatThrownBy(() -> node.stopPod(sandbox)).hasMessageContaining("a launch is under way");
    assertThat(isReady(sandbox)).isFalse();
    pod.refusesShutdown = false;
    node.stopPod(sandbox);
    assertThat(node.pool.pods).isEmpty();
  }

  @Test
  void stopEndsAShimThatCannotBeReached() throws Exception {
    String sandbox = node.runPod("web");
    node.restart();
    node.pool.unreachable = true;
    node.recover();
    node.stopPod(sandbox);
    assertThat(node.pool.pods).isEmpty();
  }

  @Test
  void containerWhoseShimDiesBeforeTheStartIsRecordedIsNotRunning() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.create(sandbox, "app");
    pod(sandbox).beforeAnswer =
        _ -> {
          node.pool.die(sandbox);
          awaitNotReady(sandbox);
        };
    node.start(container);
    Await.until("its end", () -> node.state(container) == ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getReason()).isEqualTo("Unknown");
    assertThat(status(container).getStartedAt()).isEqualTo(1000);
  }

  @Test
  void stopOfAContainerWhoseShimIsGoneEndsIt() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    vanish(sandbox);
    node.stop(container, 0);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getExitCode()).isEqualTo(255);
  }

  @Test
  void stopOfAContainerWhoseShimIsGoneFindsItsExitRecord() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    vanish(sandbox);
    writeExitRecord(
        container, "{\"version\":1,\"exitCode\":7,\"finishedAt\":3000,\"oomKilled\":false}");
    node.stop(container, 0);
    assertThat(status(container).getExitCode()).isEqualTo(7);
    assertThat(status(container).getFinishedAt()).isEqualTo(3000);
  }

  @Test
  void stopKillsAContainerThatTheStopSignalCannotReach() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    node.faults.failAt(0); // the stop signal; SIGKILL comes next
    node.stop(container, 1);
    assertThat(pod(sandbox).signals).containsExactly("SIGKILL");
    assertThat(status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void stopOfAContainerWhoseShimIsSilentEndsInATrueStatus() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).silent = true;
    node.stop(container, 1);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getReason()).isEqualTo("Unknown");
    node.stopPod(sandbox);
    assertThat(node.pool.pods).isEmpty();
  }

  @Test
  void stopLearnsAnExitThatTheShimDidNotTell() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    node.pool.tell(null);
    pod(sandbox).exit(container, 9, false);
    node.stop(container, 0);
    assertThat(status(container).getExitCode()).isEqualTo(9);
  }

  @Test
  void stopOfAContainerThatSurvivesSigkillFailsAndItRunsOn() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).stubborn = true;
    assertThatThrownBy(() -> node.stop(container, 0)).hasMessageContaining("does not end");
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void damagedExitRecordKeepsNoContainerRunning() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    writeExitRecord(container, "{\"version\":1,");
    node.pool.die(sandbox);
    awaitNotReady(sandbox);
    Await.until("its end", () -> node.state(container) == ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getReason()).isEqualTo("Unknown");
  }

  @Test
  void containerIsRemovedAlthoughItsShimIsSilent() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).exit(container, 0, false);
    pod(sandbox).silent = true;
    node.remove(container);
    assertThat(node.containers.all()).isEmpty();
  }

  @Test
  void startThatMeetsAnErrorIsOverAndTheContainerCanBeRemoved() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.create(sandbox, "app");
    pod(sandbox).startError = new OutOfMemoryError("injected");
    assertThatThrownBy(() -> node.start(container)).hasMessageContaining("injected");
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getReason()).isEqualTo("StartError");
    node.remove(container);
    assertThat(node.containers.all()).isEmpty();
  }

  @Test
  void sandboxWhoseShimDiesBeforeTheDaemonKnowsTheShimFails() throws Exception {
    Set<String> before = node.traces();
    node.pool.afterAdoption = node.pool::die;
    assertKind(ErrorKind.UNAVAILABLE, () -> node.runPod("web"));
    assertThat(node.traces()).isEqualTo(before);
    node.pool.afterAdoption = _ -> {};
    assertThat(isReady(node.runPod("web"))).isTrue();
  }

  @Test
  void sandboxWhoseShimDiesBeforeTheSandboxIsKnownFails() throws Exception {
    Set<String> before = node.traces();
    node.pool.afterAdoption = id -> pod(id).beforeAnswer = _ -> node.pool.die(id);
    assertKind(
        ErrorKind.UNAVAILABLE,
        () -> node.runPodSandbox.call(TestNode.pod("web", NamespaceMode.POD, NamespaceMode.POD)));
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void sandboxThatCannotBeUndoneCanBeStoppedAlthoughItsRecordIsGone() throws Exception {
    node.host.refusesTearDown = true;
    node.pool.afterAdoption =
        id -> {
          deleteRecord(id);
          node.pool.die(id);
        };
    assertKind(ErrorKind.UNAVAILABLE, () -> node.runPod("web"));
    node.host.refusesTearDown = false;
    node.pool.afterAdoption = _ -> {};
    String kept = node.sandboxes.all().iterator().next().id();
    assertThat(isReady(kept)).isFalse();
    node.stopPod(kept);
    assertThat(node.host.networks).isEmpty();
  }

  private void deleteRecord(String sandbox) {
    try {
      Files.delete(node.paths.sandboxRecord(sandbox));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The shim has died, and the daemon has not acted on that yet. */
  private void vanish(String sandbox) {
    node.pool.pods.remove(sandbox);
    node.shims.remove(sandbox);
  }

  private void writeExitRecord(String container, String text) throws IOException {
    Files.writeString(node.paths.containerExit(container), text);
  }

  private ContainerStatus status(String id) throws IOException {
    return node.containerStatus
        .call(ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build())
        .getStatus();
  }

  private FakeShimPool.Pod pod(String sandbox) {
    return Objects.requireNonNull(node.pool.pods.get(sandbox));
  }

  private void awaitNotReady(String sandbox) {
    try {
      Await.until("the sandbox is not ready", () -> !isReady(sandbox));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private boolean isReady(String sandbox) throws IOException {
    return node.podSandboxStatus
            .call(PodSandboxStatusRequest.newBuilder().setPodSandboxId(sandbox).build())
            .getStatus()
            .getState()
        == PodSandboxState.SANDBOX_READY;
  }

  private static void assertKind(ErrorKind kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(CriException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }
}
