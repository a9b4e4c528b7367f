package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pods that come all at once, as at the start of a node. The test node has one processor. */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
class BurstIT {
  private static final int PODS = 30;
  private static final Duration BOUND = Duration.ofMinutes(2);

  @Test
  void thirtyPodsAtOnceAreReadyWithinTwoMinutes(Testbed testbed) throws Exception {
    long start = System.nanoTime();
    List<FutureTask<String>> pods = new ArrayList<>();
    for (int i = 0; i < PODS; i++) {
      String name = "burst-" + i;
      FutureTask<String> task =
          new FutureTask<>(
              () -> {
                Pod pod = testbed.runPod(name, NamespaceMode.NODE);
                return testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
              });
      pods.add(task);
      Thread.ofVirtual().name(name).start(task);
    }
    for (FutureTask<String> pod : pods) {
      String container = pod.get(start + BOUND.toNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
    System.out.printf("%d pods ready after %d ms%n", PODS, millisSince(start));
  }

  private static long millisSince(long start) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }
}
