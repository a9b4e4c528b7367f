package io.jukung.runtime.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.jukung.client.v1.SetRestartPolicyRequest;
import io.jukung.client.v1.StartRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.service.TestNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestartsTest {
  private static final long WAIT_NANOS = 20_000_000_000L;

  /** A restart would have come: the longest of the delays that these tests reach is 400 ms. */
  private static final long NO_RESTART_MILLIS = 1_000;

  @TempDir private Path directory;
  private TestNode node;
  private String sandbox = "";
  private String container = "";

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    node.recover();
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  private void run(String policy) throws Exception {
    RunPodSandboxRequest.Builder pod = TestNode.pod("web").toBuilder();
    pod.getConfigBuilder().putLabels(OwnContainers.LABEL, "web");
    sandbox = node.runPodSandbox.call(pod.build()).getPodSandboxId();
    container = node.create(sandbox, "web", RestartPolicy.ANNOTATION, policy);
    node.start(container);
  }

  private void end(int code) {
    Objects.requireNonNull(node.pool.pods.get(sandbox)).exit(container, code, false);
  }

  private int restarts() throws Exception {
    return node.restarts.count(node.containers.get(container));
  }

  private boolean isRunning() throws Exception {
    return node.state(container) == ContainerState.CONTAINER_RUNNING;
  }

  private void awaitRestart(int number) throws Exception {
    await("restart " + number, () -> restarts() == number && isRunning());
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + WAIT_NANOS;
    while (!condition.call()) {
      if (System.nanoTime() - deadline > 0) {
        fail("not in time: " + what);
      }
      Thread.sleep(5);
    }
  }

  private void startDaemonAgain() throws Exception {
    node.restart();
    node.recover();
  }

  private void assertStaysEnded() throws Exception {
    await("the end", () -> node.state(container) == ContainerState.CONTAINER_EXITED);
    Thread.sleep(NO_RESTART_MILLIS);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
  }

  @Test
  void containerThatAlwaysRestartsKeepsItsFilesAndIsCounted() throws Exception {
    run("always");
    Path file = Files.writeString(node.paths.containerUpper(container).resolve("kept"), "here");
    end(0);
    awaitRestart(1);
    end(1);
    awaitRestart(2);
    assertThat(file).hasContent("here");
  }

  @Test
  void failuresAreRestartedAsOftenAsThePolicySays() throws Exception {
    run("on-failure:2");
    end(1);
    awaitRestart(1);
    end(1);
    awaitRestart(2);
    end(1);
    assertStaysEnded();
    // A start by somebody begins to count anew.
    node.startAgain.call(StartRequest.newBuilder().setContainerId(container).build());
    assertThat(restarts()).isZero();
    end(0);
    assertStaysEnded();
  }

  @Test
  void stoppedContainerIsRestartedOnlyByTheNextDaemonAndOnlyIfAlways() throws Exception {
    run("always");
    node.stop(container, 0);
    assertStaysEnded();
    startDaemonAgain();
    awaitRestart(1);

    node.removePod(sandbox);
    run("unless-stopped");
    end(1);
    awaitRestart(1);
    node.stop(container, 0);
    startDaemonAgain();
    assertStaysEnded();
  }

  @Test
  void containerThatEndedWhileNoDaemonRanIsRestarted() throws Exception {
    run("unless-stopped");
    node.restart();
    end(7);
    node.recover();
    awaitRestart(1);
  }

  @Test
  void restartThatFailsIsTriedAgain() throws Exception {
    run("always");
    node.host.whileNamespacesAreMade =
        id -> {
          node.host.whileNamespacesAreMade = _ -> {};
          throw new CriException(ErrorKind.UNAVAILABLE, "no namespaces for " + id);
        };
    end(1);
    awaitRestart(2);
  }

  @Test
  void removedContainerIsNotRestarted() throws Exception {
    run("always");
    end(1);
    node.removePod(sandbox);
    Thread.sleep(NO_RESTART_MILLIS);
    assertThat(node.containers.find(container)).isEmpty();
    assertThat(node.sandboxes.find(sandbox)).isEmpty();
  }

  @Test
  void otherPolicyHoldsFromTheNextEndOnAndAfterARestartOfTheDaemon() throws Exception {
    run("no");
    setPolicy("always");
    end(0);
    awaitRestart(1);
    startDaemonAgain();
    end(0);
    awaitRestart(2);
    setPolicy("no");
    end(1);
    assertStaysEnded();
    assertThatThrownBy(() -> setPolicy("sometimes")).hasMessageContaining("not a restart policy");
  }

  @Test
  void stoppedContainerThatGetsItsFirstPolicyStaysStopped() throws Exception {
    RunPodSandboxRequest.Builder pod = TestNode.pod("web").toBuilder();
    pod.getConfigBuilder().putLabels(OwnContainers.LABEL, "web");
    sandbox = node.runPodSandbox.call(pod.build()).getPodSandboxId();
    container = node.start(sandbox, "web");
    node.stop(container, 0);
    setPolicy("unless-stopped");
    startDaemonAgain();
    assertStaysEnded();
  }

  @Test
  void containerThatWaitsForItsRestartIsAboutToRun() throws Exception {
    run("always");
    CompletableFuture<Void> goesOn = new CompletableFuture<>();
    node.host.whileNamespacesAreMade =
        _ -> {
          node.host.whileNamespacesAreMade = _ -> {};
          var _ = goesOn.join();
        };
    assertThat(node.restarts.isAbout(node.containers.get(container))).isFalse();
    end(1);
    await("the restart", () -> node.restarts.isAbout(node.containers.get(container)));
    goesOn.complete(null);
    awaitRestart(1);
    await("its end", () -> !node.restarts.isAbout(node.containers.get(container)));
    node.stop(container, 0);
    await("the end", () -> node.state(container) == ContainerState.CONTAINER_EXITED);
    assertThat(node.restarts.isAbout(node.containers.get(container))).isFalse();
  }

  private void setPolicy(String policy) throws Exception {
    var _ =
        new SetRestartPolicy(node.own, node.restarts)
            .call(
                SetRestartPolicyRequest.newBuilder()
                    .setContainerId(container)
                    .setPolicy(policy)
                    .build());
  }
}
