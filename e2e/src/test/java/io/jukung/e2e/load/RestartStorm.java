package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Kills the daemon again and again while pods are made and removed, and shims in between. At the
 * end everything must be removable, and nothing left.
 *
 * @param daemonKills how often the daemon is killed
 * @param shimKills how often a shim is killed
 */
public record RestartStorm(int daemonKills, int shimKills) implements Load {
  private static final int WORKERS = 3;
  private static final int MAX_PAUSE_MILLIS = 1_500;
  private static final long SEED = 20_261_129;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    Snapshot before = testbed.snapshot();
    LoadedPod steady = LoadedPod.asleep(testbed, "steady", NamespaceMode.POD);
    String startedAt = startedAt(testbed, steady);
    Random random = new Random(SEED);
    int shims = 0;
    for (int i = 0; i < daemonKills; i++) {
      List<Thread> workers = startWorkers(testbed, i);
      TimeUnit.MILLISECONDS.sleep(random.nextInt(MAX_PAUSE_MILLIS));
      if (shims < shimKills && killShim(testbed, steady, random)) {
        shims++;
      }
      TimeUnit.MILLISECONDS.sleep(random.nextInt(MAX_PAUSE_MILLIS));
      testbed.daemon().kill();
      for (Thread worker : workers) {
        worker.join();
      }
      long start = System.nanoTime();
      testbed.daemon().start();
      testbed.reconnect();
      report.line(
          "kill %d: serves again after %.1f s, %d pods",
          i + 1, (System.nanoTime() - start) / 1e9, testbed.pods().size());
      assertThat(startedAt(testbed, steady)).as("the steady pod runs on").isEqualTo(startedAt);
    }
    testbed.removeAllPods();
    testbed.assertNothingLeft(before);
    report.line(
        "the daemon was killed %d times, shims %d times: nothing is left", daemonKills, shims);
  }

  private static String startedAt(Testbed testbed, LoadedPod pod) {
    var status = testbed.status(pod.container());
    return status.getState() + " since " + status.getStartedAt();
  }

  /** Each makes and removes pods until a call fails because the daemon is gone. */
  private static List<Thread> startWorkers(Testbed testbed, int round) {
    List<Thread> workers = new ArrayList<>();
    for (int w = 0; w < WORKERS; w++) {
      String name = "storm-" + round + "-" + w + "-";
      NamespaceMode network = w % 2 == 0 ? NamespaceMode.POD : NamespaceMode.NODE;
      workers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int n = 0; ; n++) {
                      try {
                        LoadedPod.asleep(testbed, name + n, network).remove();
                      } catch (StatusRuntimeException e) {
                        if (!testbed.daemon().isAlive()) {
                          return;
                        }
                        // A call may also fail because its shim was killed.
                      } catch (Exception e) {
                        throw new IllegalStateException(e);
                      }
                    }
                  }));
    }
    return workers;
  }

  private static boolean killShim(Testbed testbed, LoadedPod steady, Random random)
      throws Exception {
    List<PodSandbox> pods =
        testbed.pods().stream()
            .filter(pod -> !pod.getId().equals(steady.id()))
            .filter(pod -> pod.getState() == PodSandboxState.SANDBOX_READY)
            .toList();
    if (pods.isEmpty()) {
      return false;
    }
    try {
      String shim = testbed.shim(pods.get(random.nextInt(pods.size())).getId());
      return testbed.node().run("kill", "-KILL", shim).exitCode() == 0;
    } catch (StatusRuntimeException | AssertionError e) {
      return false; // the pod was removed meanwhile
    }
  }
}
