package io.jukung.runtime.service;

import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.StreamContainersRequest;
import io.jukung.cri.v1.StreamContainersResponse;
import java.util.function.Consumer;

/** The list of containers in parts. */
public final class StreamContainers {
  private final ListContainers list;

  /** Takes them from this list. */
  public StreamContainers(ListContainers list) {
    this.list = list;
  }

  public void call(StreamContainersRequest request, Consumer<StreamContainersResponse> sink) {
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
