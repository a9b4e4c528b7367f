package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Testbed;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * Makes calls on a connection of its own while something else loads the daemon, as kubelet's relist
 * and its probes do: lists of pods and containers, and an ExecSync in a pod of its own.
 */
final class Bystander implements AutoCloseable {
  /** kubelet's relist gives up after 2 minutes. A runtime that needs 10 s is not of use. */
  private static final Duration LIST_BOUND = Duration.ofSeconds(10);

  private static final Duration EXEC_BOUND = Duration.ofSeconds(20);
  private static final long PAUSE_MILLIS = 50;

  private final CriClient client;
  private final LoadedPod pod;
  private final Times lists = new Times();
  private final Times execs = new Times();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> threads;
  private volatile boolean isOver;

  private Bystander(CriClient client, LoadedPod pod) {
    this.client = client;
    this.pod = pod;
    this.threads =
        List.of(
            Thread.ofVirtual().unstarted(() -> repeat(lists, "list", this::list)),
            Thread.ofVirtual().unstarted(() -> repeat(execs, "ExecSync", this::exec)));
  }

  static Bystander start(Testbed testbed) throws Exception {
    LoadedPod pod = LoadedPod.asleep(testbed, "bystander", NamespaceMode.NODE);
    var bystander = new Bystander(CriClient.of(testbed.daemon().socket()), pod);
    bystander.threads.forEach(Thread::start);
    return bystander;
  }

  private interface Call {
    void make();
  }

  private void repeat(Times times, String what, Call call) {
    while (!isOver) {
      try {
        times.measure(
            () -> {
              call.make();
              return true;
            });
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (StatusRuntimeException e) {
        failures.add(what + ": " + e.getStatus());
      } catch (Exception | AssertionError e) {
        failures.add(what + ": " + e);
      }
      if (failures.size() > 10) {
        return;
      }
    }
  }

  private void list() {
    var runtime = client.runtime(LIST_BOUND);
    assertThat(runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList())
        .anyMatch(each -> each.getId().equals(pod.id()));
    assertThat(
            runtime.listContainers(ListContainersRequest.getDefaultInstance()).getContainersList())
        .anyMatch(each -> each.getId().equals(pod.container()));
  }

  private void exec() {
    var answer =
        client
            .runtime(EXEC_BOUND)
            .execSync(
                ExecSyncRequest.newBuilder()
                    .setContainerId(pod.container())
                    .addCmd("true")
                    .setTimeout(EXEC_BOUND.toSeconds())
                    .build());
    assertThat(answer.getExitCode()).isZero();
  }

  /** Ends the calls, and fails if one of them failed or if none was answered. */
  void assertAnswered(Report report) throws InterruptedException {
    end();
    report.line("meanwhile, lists: %s", lists);
    report.line("meanwhile, ExecSync of true: %s", execs);
    assertThat(failures).as("calls that failed meanwhile").isEmpty();
    assertThat(lists.count()).as("lists answered").isPositive();
    assertThat(execs.count()).as("ExecSync answered").isPositive();
  }

  private void end() throws InterruptedException {
    isOver = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Override
  public void close() throws InterruptedException {
    end();
    client.close();
    pod.remove();
  }
}
