package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Starts many pods at once and then removes them at once. All must start.
 *
 * @param pods how many
 */
public record Burst(int pods) implements Load {
  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    report.line("before: %s", Usage.of(testbed));
    Snapshot before = testbed.snapshot();
    Times starts = new Times();
    Times removals = new Times();
    try (Bystander bystander = Bystander.start(testbed)) {
      long start = System.nanoTime();
      List<LoadedPod> started = start(testbed, starts);
      report.line("%d pods in %.1f s, each: %s", pods, (System.nanoTime() - start) / 1e9, starts);
      assertThat(testbed.pods())
          .hasSize(pods + 1)
          .allMatch(each -> each.getState() == PodSandboxState.SANDBOX_READY);
      assertThat(testbed.containers())
          .hasSize(pods + 1)
          .allMatch(each -> each.getState() == ContainerState.CONTAINER_RUNNING);
      report.line("daemon: %s", Usage.of(testbed));
      long removal = System.nanoTime();
      remove(started, removals);
      report.line("removed in %.1f s, each: %s", (System.nanoTime() - removal) / 1e9, removals);
      bystander.assertAnswered(report);
    }
    testbed.assertNothingLeft(before);
  }

  private List<LoadedPod> start(Testbed testbed, Times times) throws Exception {
    List<Future<LoadedPod>> starting = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < pods; i++) {
        String name = "burst-" + i;
        starting.add(
            executor.submit(
                () -> times.measure(() -> LoadedPod.asleep(testbed, name, NamespaceMode.POD))));
      }
    }
    List<LoadedPod> started = new ArrayList<>();
    for (Future<LoadedPod> pod : starting) {
      started.add(pod.get());
    }
    return started;
  }

  private static void remove(List<LoadedPod> pods, Times times) throws Exception {
    List<Future<?>> removing = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (LoadedPod pod : pods) {
        removing.add(
            executor.submit(
                () ->
                    times.measure(
                        () -> {
                          pod.remove();
                          return true;
                        })));
      }
    }
    for (Future<?> removal : removing) {
      removal.get();
    }
  }
}
