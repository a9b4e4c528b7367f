package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxMetricsRequest;
import io.jukung.cri.v1.ListPodSandboxMetricsResponse;
import io.jukung.cri.v1.StreamPodSandboxMetricsRequest;
import io.jukung.cri.v1.StreamPodSandboxMetricsResponse;
import io.jukung.runtime.call.Chunks;
import io.jukung.runtime.call.ListCall;
import java.io.IOException;
import java.util.function.Consumer;

/** StreamPodSandboxMetrics: sends in parts what ListPodSandboxMetrics returns. */
public final class StreamPodSandboxMetrics {
  private final ListCall<ListPodSandboxMetricsRequest, ListPodSandboxMetricsResponse> list;

  public StreamPodSandboxMetrics(
      ListCall<ListPodSandboxMetricsRequest, ListPodSandboxMetricsResponse> list) {
    this.list = list;
  }

  public void call(
      StreamPodSandboxMetricsRequest request, Consumer<StreamPodSandboxMetricsResponse> sink)
      throws IOException, InterruptedException {
    Chunks.send(
        list.call(ListPodSandboxMetricsRequest.getDefaultInstance()).getPodMetricsList(),
        chunk ->
            sink.accept(
                StreamPodSandboxMetricsResponse.newBuilder()
                    .addAllPodSandboxMetrics(chunk)
                    .build()));
  }
}
