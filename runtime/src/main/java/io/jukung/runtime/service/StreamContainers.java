package io.jukung.runtime.service;

import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.StreamContainersRequest;
import io.jukung.cri.v1.StreamContainersResponse;
import io.jukung.runtime.call.Chunks;
import io.jukung.runtime.call.ListCall;
import java.io.IOException;
import java.util.function.Consumer;

/** StreamContainers: sends in parts what ListContainers returns. */
public final class StreamContainers {
  private final ListCall<ListContainersRequest, ListContainersResponse> list;

  public StreamContainers(ListCall<ListContainersRequest, ListContainersResponse> list) {
    this.list = list;
  }

  public void call(StreamContainersRequest request, Consumer<StreamContainersResponse> sink)
      throws IOException, InterruptedException {
    ListContainersRequest.Builder listed = ListContainersRequest.newBuilder();
    if (request.hasFilter()) {
      listed.setFilter(request.getFilter());
    }
    Chunks.send(
        list.call(listed.build()).getContainersList(),
        chunk ->
            sink.accept(StreamContainersResponse.newBuilder().addAllContainers(chunk).build()));
  }
}
