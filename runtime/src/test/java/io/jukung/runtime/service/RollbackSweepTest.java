package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fails the n-th call of a use case, for every n. Then nothing of the use case is left, and it
 * succeeds when it is repeated.
 */
@Timeout(300)
class RollbackSweepTest {
  private static final int MORE_THAN_ANY = 5_000;
  private static final int MAX_SWEEPS = 10;

  @TempDir private Path directory;
  private TestNode node;

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  private interface UseCase {
    void run() throws Exception;
  }

  @Test
  void runPodSandboxLeavesNothingWhicheverPartFails() throws Exception {
    RunPodSandboxRequest request = TestNode.pod("web", NamespaceMode.POD, NamespaceMode.POD);
    Set<String> before = node.traces();
    sweepUntilFailed(
        List.of("createNamespaces, half done", "setUpNetwork, half done", "adopt", "start reaper"),
        () ->
            sweepFaults(
                () -> node.runPodSandbox.call(request),
                () -> assertThat(node.traces()).isEqualTo(before),
                this::removeAll));
  }

  @Test
  void runPodSandboxLeavesNothingWhicheverKernelCallFails() throws Exception {
    RunPodSandboxRequest request = TestNode.pod("web", NamespaceMode.POD, NamespaceMode.POD);
    Set<String> before = node.traces();
    sweepUntilFailed(
        List.of("mkdirat", "fsync", "renameat2", "open_tree", "move_mount"),
        () ->
            sweepKernel(
                () -> node.runPodSandbox.call(request),
                () -> assertThat(node.traces()).isEqualTo(before),
                this::removeAll));
  }

  @Test
  void createContainerLeavesNothingWhicheverPartFails() throws Exception {
    String sandbox = node.runPod("web");
    Set<String> before = node.traces();
    List<String> failed =
        sweepFaults(
            () -> node.create(sandbox, "app"),
            () -> assertThat(node.traces()).isEqualTo(before),
            this::removeContainers);
    assertThat(failed).contains("acquire", "acquire, half done");
  }

  @Test
  void createContainerLeavesNothingWhicheverKernelCallFails() throws Exception {
    String sandbox = node.runPod("web");
    Set<String> before = node.traces();
    List<String> failed =
        sweepKernel(
            () -> node.create(sandbox, "app"),
            () -> assertThat(node.traces()).isEqualTo(before),
            this::removeContainers);
    assertThat(failed).contains("fsmount", "openat2", "mkdirat", "renameat2");
  }

  @Test
  void failedStartLeavesAnExitedContainerAndNoCgroup() throws Exception {
    String sandbox = node.runPod("web");
    for (int n = 0; n < MORE_THAN_ANY; n++) {
      String container = node.create(sandbox, "app");
      String failed;
      try (KernelFaults faults = KernelFaults.failAt(n)) {
        try {
          node.start(container);
        } catch (Exception e) {
          assertThat(e).hasMessageContaining("start of container " + container);
        }
        failed = faults.failed();
      }
      ContainerState state =
          node.containerStatus
              .call(ContainerStatusRequest.newBuilder().setContainerId(container).build())
              .getStatus()
              .getState();
      boolean runs = state == ContainerState.CONTAINER_RUNNING;
      if (!runs) {
        assertThat(state).as(failed).isEqualTo(ContainerState.CONTAINER_EXITED);
        assertThat(node.mount.at(node.cgroupRoot).child(sandbox).child(container).exists())
            .as(failed)
            .isFalse();
      }
      removeContainers();
      if (failed.isEmpty()) {
        assertThat(runs).isTrue();
        return;
      }
    }
    fail("a start does not make so many calls");
  }

  @Test
  void removalThatFailedSucceedsWhenItIsRepeated() throws Exception {
    Set<String> before = node.traces();
    for (int n = 0; n < MORE_THAN_ANY; n++) {
      String sandbox =
          node.runPodSandbox
              .call(TestNode.pod("web", NamespaceMode.POD, NamespaceMode.POD))
              .getPodSandboxId();
      node.start(sandbox, "app");
      String failed;
      try (KernelFaults faults = KernelFaults.failAt(n)) {
        try {
          node.removePod(sandbox);
        } catch (Exception e) {
          assertThat(e.getMessage()).isNotBlank();
        }
        failed = faults.failed();
      }
      node.removePod(sandbox);
      assertThat(withoutTrash(node.traces())).as(failed).isEqualTo(before);
      node.recover();
      assertThat(node.traces()).as(failed).isEqualTo(before);
      if (failed.isEmpty()) {
        return;
      }
    }
    fail("a removal does not make so many calls");
  }

  /** Leaves out the trash: the next start of the daemon empties it. */
  private Set<String> withoutTrash(Set<String> traces) {
    traces.removeIf(each -> each.startsWith(node.paths.trash() + "/"));
    return traces;
  }

  /**
   * Sweeps until each of these calls has failed. Parts of RunPodSandbox run beside each other, so
   * that a call may have another number in the next run, and one sweep may miss it.
   */
  private static void sweepUntilFailed(List<String> calls, Callable<List<String>> sweep)
      throws Exception {
    Set<String> failed = new HashSet<>();
    for (int i = 0; i < MAX_SWEEPS && !failed.containsAll(calls); i++) {
      failed.addAll(sweep.call());
    }
    assertThat(failed).containsAll(calls);
  }

  private List<String> sweepFaults(UseCase useCase, UseCase check, UseCase undo) throws Exception {
    List<String> failed = new ArrayList<>();
    for (int n = 0; n < MORE_THAN_ANY; n++) {
      node.faults.failAt(n);
      boolean succeeded = succeeds(useCase);
      boolean injected = node.faults.failed();
      node.faults.none();
      if (!injected) {
        assertThat(succeeded).isTrue();
        undo.run();
        return failed;
      }
      failed.add(node.faults.calls().get(n));
      assertThat(succeeded).as(failed.getLast()).isFalse();
      check.run();
    }
    return fail("no use case makes so many calls");
  }

  private List<String> sweepKernel(UseCase useCase, UseCase check, UseCase undo) throws Exception {
    List<String> failed = new ArrayList<>();
    for (int n = 0; n < MORE_THAN_ANY; n++) {
      boolean succeeded;
      String injected;
      try (KernelFaults faults = KernelFaults.failAt(n)) {
        succeeded = succeeds(useCase);
        injected = faults.failed();
      }
      if (succeeded) {
        undo.run(); // a failure that does not make the use case fail
      }
      if (injected.isEmpty()) {
        assertThat(succeeded).isTrue();
        return failed;
      }
      failed.add(injected);
      try {
        check.run();
      } catch (AssertionError e) {
        throw new AssertionError("after the failure of call " + n + ", " + injected, e);
      }
    }
    return fail("no use case makes so many calls");
  }

  private static boolean succeeds(UseCase useCase) {
    try {
      useCase.run();
      return true;
    } catch (Exception e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }

  private void removeAll() throws Exception {
    for (var sandbox : node.sandboxes.all()) {
      node.removePod(sandbox.id());
    }
  }

  private void removeContainers() throws Exception {
    for (var container : node.containers.all()) {
      node.removeContainer.call(
          RemoveContainerRequest.newBuilder().setContainerId(container.id()).build());
    }
  }
}
