package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.StreamPodSandboxStatsRequest;
import io.jukung.cri.v1.StreamPodSandboxStatsResponse;
import java.io.IOException;
import java.util.function.Consumer;

/** What pods use, in parts. */
public final class StreamPodSandboxStats {
  private final ListPodSandboxStats list;

  /** Takes them from this list. */
  public StreamPodSandboxStats(ListPodSandboxStats list) {
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
