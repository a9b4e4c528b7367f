package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs commands that write for ever by ExecSync, all at once. Each must end at its timeout, or
 * before it because all together have written too much.
 *
 * @param execs how many at once
 * @param timeoutSeconds the timeout of each
 */
public record EndlessExecs(int execs, int timeoutSeconds) implements Load {
  /**
   * How much later than its timeout an answer may come. The timeout begins when the command runs.
   */
  private static final Duration SLACK = Duration.ofSeconds(10);

  private static final long MAX_RESIDENT_KIB = 900 << 10;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    Snapshot before = testbed.snapshot();
    String pid = Long.toString(testbed.daemon().pid());
    Usage.forgetPeak(testbed, pid);
    LoadedPod pod = LoadedPod.asleep(testbed, "endless", NamespaceMode.NODE);
    try (Bystander bystander = Bystander.start(testbed);
        CriClient client = CriClient.of(testbed.daemon().socket())) {
      Times times = new Times();
      report.line("%d ends: %s", execs, runAll(client, pod, times));
      report.line("each: %s", times);
      Await.until("no command is left", () -> !testbed.processes(pod.container()).contains("yes"));
      long peak = Usage.peakKib(testbed, pid);
      report.line("peak of the daemon's resident memory: %d MiB", peak >> 10);
      assertThat(peak).as("peak in KiB").isLessThan(MAX_RESIDENT_KIB);
      assertThat(times.quantile(1))
          .as("longest exec")
          .isLessThan(Duration.ofSeconds(timeoutSeconds).plus(SLACK));
      bystander.assertAnswered(report);
    }
    pod.remove();
    testbed.assertNothingLeft(before);
  }

  private Map<Status.Code, Integer> runAll(CriClient client, LoadedPod pod, Times times)
      throws Exception {
    ExecSyncRequest request =
        ExecSyncRequest.newBuilder()
            .setContainerId(pod.container())
            .addCmd("yes")
            .setTimeout(timeoutSeconds)
            .build();
    List<Future<Status>> ends = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < execs; i++) {
        ends.add(executor.submit(() -> times.measure(() -> end(client, request))));
      }
    }
    Map<Status.Code, Integer> codes = new TreeMap<>();
    for (Future<Status> end : ends) {
      assertThat(end.get().getCode())
          .as("%s", end.get())
          .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED);
      codes.merge(end.get().getCode(), 1, Integer::sum);
    }
    return codes;
  }

  private static Status end(CriClient client, ExecSyncRequest request) {
    try {
      var answer = client.runtime(LoadedPod.TIMEOUT).execSync(request);
      throw new AssertionError("yes(1) ended with exit code " + answer.getExitCode());
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }
}
