package io.jukung.runtime.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.jukung.client.v1.RenameRequest;
import io.jukung.client.v1.StartRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.service.FakeShimPool;
import io.jukung.runtime.service.KernelFaults;
import io.jukung.runtime.service.TestNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartAgainTest {
  private static final int MORE_THAN_ANY = 5_000;
  private static final long WAIT_NANOS = 10_000_000_000L;

  @TempDir private Path directory;
  private TestNode node;
  private String sandbox;
  private String container;

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    node.recover();
    sandbox = node.runPodSandbox.call(ownPod("web")).getPodSandboxId();
    container = node.create(sandbox, "web");
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  private static RunPodSandboxRequest ownPod(String name) {
    RunPodSandboxRequest.Builder request = TestNode.pod(name).toBuilder();
    request.getConfigBuilder().putLabels(OwnContainers.LABEL, name);
    return request.build();
  }

  private void start() throws Exception {
    node.startAgain.call(StartRequest.newBuilder().setContainerId(container).build());
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + WAIT_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        fail("not in time: " + what);
      }
      Thread.sleep(5);
    }
  }

  private FakeShimPool.Pod shim(String pod) {
    return Objects.requireNonNull(node.pool.pods.get(pod));
  }

  private void end(int code) throws InterruptedException {
    shim(sandbox).exit(container, code, false);
    awaitRest();
  }

  private void awaitRest() throws InterruptedException {
    await(
        "the pod is at rest",
        () ->
            !node.sandboxes.get(sandbox).isReady()
                && !node.sandboxes.get(sandbox).record().networkSetUp()
                && holdsNothing());
  }

  private boolean holdsNothing() {
    return !node.host.networks.contains(sandbox)
        && !node.host.namespaces.contains(sandbox)
        && !node.pool.pods.containsKey(sandbox)
        && Files.notExists(node.paths.sandboxState(sandbox));
  }

  @Test
  void podOfAnEndedContainerComesToRestAndIsMadeAgainByItsStart() throws Exception {
    start();
    Path file = Files.writeString(node.paths.containerUpper(container).resolve("kept"), "here");
    end(3);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);

    start();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(node.host.networks).contains(sandbox);
    assertThat(file).hasContent("here");
    assertThat(node.paths.containerExit(container)).doesNotExist();
    start(); // a no-op
    end(0);
    start();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void containerOfAnotherClientStaysEndedAndItsPodReady() throws Exception {
    String other = node.runPod("kubelets");
    String app = node.start(other, "app");
    shim(other).exit(app, 0, false);
    assertThatThrownBy(
            () -> node.startAgain.call(StartRequest.newBuilder().setContainerId(app).build()))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("only its maker can do this");
    assertThatThrownBy(() -> node.start(app)).hasMessageContaining("it is EXITED");
    assertThat(node.sandboxes.get(other).isReady()).isTrue();
  }

  @Test
  void labelOfAKubernetesUserMakesNoPodJukungsOwn() throws Exception {
    RunPodSandboxRequest.Builder request = ownPod("other").toBuilder();
    request.getConfigBuilder().putLabels("io.kubernetes.pod.uid", "1234");
    String kubelets = node.runPodSandbox.call(request.build()).getPodSandboxId();
    assertThat(OwnContainers.isOwn(node.sandboxes.get(sandbox).record())).isTrue();
    assertThat(OwnContainers.isOwn(node.sandboxes.get(kubelets).record())).isFalse();
  }

  @Test
  void stopOfThePodWhileItIsMadeAgainWins() throws Exception {
    start();
    end(0);
    node.pool.afterAdoption =
        _ -> {
          node.pool.afterAdoption = _ -> {};
          Thread.ofVirtual().start(() -> stopPod());
          try {
            await("the stop has begun", () -> stopping);
            Thread.sleep(50);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    assertThatThrownBy(this::start).hasMessageContaining("stopped meanwhile");
    await("the stop is over", () -> !stopping);
    awaitRest();
    start();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  private volatile boolean stopping;

  private void stopPod() {
    stopping = true;
    try {
      node.stopPod(sandbox);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      stopping = false;
    }
  }

  /** Starts the ended container with the n-th part failing, for every n. */
  @Test
  void failedStartLeavesAPodAtRestThatStartsWhenItIsRepeatedWhicheverPartFails() throws Exception {
    start();
    end(0);
    List<String> failed = new ArrayList<>();
    for (int n = 0; n < MORE_THAN_ANY; n++) {
      node.faults.failAt(n);
      boolean succeeded = succeeds();
      boolean injected = node.faults.failed();
      List<String> calls = List.copyOf(node.faults.calls());
      node.faults.none();
      if (!injected) {
        assertThat(succeeded).isTrue();
        assertThat(failed).hasSizeGreaterThan(4);
        return;
      }
      failed.add(calls.get(n));
      if (!succeeded) {
        awaitRestOrStop(failed.getLast());
        start();
      }
      assertThat(node.state(container))
          .as(failed.getLast())
          .isEqualTo(ContainerState.CONTAINER_RUNNING);
      end(0);
    }
    fail("a start does not make so many calls");
  }

  /** A fault of the undoing itself leaves something that the next start takes down first. */
  private void awaitRestOrStop(String what) throws Exception {
    assertThat(node.state(container)).as(what).isNotEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(node.sandboxes.get(sandbox).isReady()).as(what).isFalse();
  }

  /** The n-th kernel call fails and the daemon ends, for every n: the next daemon goes on. */
  @Test
  void nextDaemonStartsWhatAnInterruptedStartHasLeftWhicheverKernelCallFails() throws Exception {
    start();
    end(0);
    List<String> failed = new ArrayList<>();
    for (int n = 0; n < MORE_THAN_ANY; n += 3) {
      String injected;
      try (KernelFaults faults = KernelFaults.failAt(n)) {
        succeeds();
        injected = faults.failed();
      }
      node.restart();
      node.recover();
      start();
      assertThat(node.state(container)).as(injected).isEqualTo(ContainerState.CONTAINER_RUNNING);
      end(0);
      if (injected.isEmpty()) {
        assertThat(failed).hasSizeGreaterThan(10);
        return;
      }
      failed.add(injected);
    }
    fail("a start does not make so many calls");
  }

  private boolean succeeds() {
    try {
      start();
      return true;
    } catch (Exception e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }

  @Test
  void containerThatEndedWithoutADaemonComesToRestWhenTheNextOneStarts() throws Exception {
    start();
    node.restart();
    shim(sandbox).exit(container, 4, false);
    node.recover();
    awaitRest();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
  }

  @Test
  void renamedContainerAndItsPodHaveTheNewNameAfterARestart() throws Exception {
    node.renameContainer.call(
        RenameRequest.newBuilder().setContainerId(container).setName("other").build());
    node.restart();
    node.recover();
    assertThat(node.containers.get(container).record().name().name()).isEqualTo("other");
    assertThat(node.sandboxes.get(sandbox).record().name().name()).isEqualTo("other");
    node.runPodSandbox.call(ownPod("web")); // the old name is free
    assertThatThrownBy(
            () ->
                node.renameContainer.call(
                    RenameRequest.newBuilder().setContainerId(container).setName("a/b").build()))
        .hasMessageContaining("not a name");
  }
}
