package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Testbed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends requests of many megabytes at once. Each must be answered, by a result or by {@code
 * RESOURCE_EXHAUSTED}, and small calls must go on.
 *
 * @param requests how many at once
 * @param megabytes the size of each
 * @param rounds how often
 */
public record LargeRequests(int requests, int megabytes, int rounds) implements Load {
  /** The default of server.max_message_size is 16 MiB. */
  private static final int OVERSIZE_MEGABYTES = 18;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    String pid = Long.toString(testbed.daemon().pid());
    Usage.forgetPeak(testbed, pid);
    try (Bystander bystander = Bystander.start(testbed);
        CriClient client = CriClient.of(testbed.daemon().socket())) {
      String ballast = "x".repeat(megabytes * 1_000_000);
      for (int round = 0; round < rounds; round++) {
        report.line("%d lists of %d MB: %s", requests, megabytes, lists(client, ballast));
      }
      assertOversizeIsRefused(client);
      report.line(
          "peak of the daemon's resident memory: %d MiB", Usage.peakKib(testbed, pid) >> 10);
      bystander.assertAnswered(report);
    }
    assertThat(testbed.daemon().isAlive()).as("the daemon lives").isTrue();
    assertThat(Long.toString(testbed.daemon().pid())).isEqualTo(pid);
    assertThat(testbed.daemon().log()).doesNotContain("OutOfMemory", "OutOfDirectMemory");
  }

  private Map<Status.Code, Integer> lists(CriClient client, String ballast) throws Exception {
    ListContainersRequest request = list(ballast);
    List<Future<Status>> answers = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < requests; i++) {
        answers.add(
            executor.submit(
                () -> status(() -> client.runtime(LoadedPod.TIMEOUT).listContainers(request))));
      }
    }
    Map<Status.Code, Integer> codes = new TreeMap<>();
    for (Future<Status> answer : answers) {
      Status status = answer.get();
      codes.merge(status.getCode(), 1, Integer::sum);
      if (!status.isOk()) {
        assertThat(status.getCode()).as("%s", status).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(status.getDescription()).contains("requests", "MiB");
      }
    }
    assertThat(codes).as("at least one is carried out").containsKey(Status.Code.OK);
    return codes;
  }

  private static ListContainersRequest list(String ballast) {
    return ListContainersRequest.newBuilder()
        .setFilter(ContainerFilter.newBuilder().putLabelSelector("ballast", ballast))
        .build();
  }

  private static Status status(Callable<?> call) throws Exception {
    try {
      call.call();
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private void assertOversizeIsRefused(CriClient client) throws Exception {
    String ballast = "x".repeat(OVERSIZE_MEGABYTES * 1_000_000);
    Status status = status(() -> client.runtime(LoadedPod.TIMEOUT).listContainers(list(ballast)));
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).as("names the limit").contains("16777216");
  }
}
