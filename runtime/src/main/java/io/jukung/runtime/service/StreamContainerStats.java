package io.jukung.runtime.service;

import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListContainerStatsResponse;
import io.jukung.cri.v1.StreamContainerStatsRequest;
import io.jukung.cri.v1.StreamContainerStatsResponse;
import io.jukung.runtime.call.Chunks;
import io.jukung.runtime.call.ListCall;
import java.io.IOException;
import java.util.function.Consumer;

/** StreamContainerStats: sends in parts what ListContainerStats returns. */
public final class StreamContainerStats {
  private final ListCall<ListContainerStatsRequest, ListContainerStatsResponse> list;

  public StreamContainerStats(
      ListCall<ListContainerStatsRequest, ListContainerStatsResponse> list) {
    this.list = list;
  }

  public void call(StreamContainerStatsRequest request, Consumer<StreamContainerStatsResponse> sink)
      throws IOException, InterruptedException {
    Chunks.send(
        list.call(ListContainerStatsRequest.newBuilder().setFilter(request.getFilter()).build())
            .getStatsList(),
        chunk ->
            sink.accept(
                StreamContainerStatsResponse.newBuilder().addAllContainerStats(chunk).build()));
  }
}
