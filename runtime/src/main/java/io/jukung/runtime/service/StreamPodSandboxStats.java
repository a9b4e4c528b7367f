package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import io.jukung.cri.v1.StreamPodSandboxStatsRequest;
import io.jukung.cri.v1.StreamPodSandboxStatsResponse;
import io.jukung.runtime.call.Chunks;
import io.jukung.runtime.call.ListCall;
import java.io.IOException;
import java.util.function.Consumer;

/** StreamPodSandboxStats: sends in parts what ListPodSandboxStats returns. */
public final class StreamPodSandboxStats {
  private final ListCall<ListPodSandboxStatsRequest, ListPodSandboxStatsResponse> list;

  public StreamPodSandboxStats(
      ListCall<ListPodSandboxStatsRequest, ListPodSandboxStatsResponse> list) {
    this.list = list;
  }

  public void call(
      StreamPodSandboxStatsRequest request, Consumer<StreamPodSandboxStatsResponse> sink)
      throws IOException, InterruptedException {
    Chunks.send(
        list.call(ListPodSandboxStatsRequest.newBuilder().setFilter(request.getFilter()).build())
            .getStatsList(),
        chunk ->
            sink.accept(
                StreamPodSandboxStatsResponse.newBuilder().addAllPodSandboxStats(chunk).build()));
  }
}
