package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.StreamPodSandboxesRequest;
import io.jukung.cri.v1.StreamPodSandboxesResponse;
import java.util.function.Consumer;

/** The list of sandboxes in parts. */
public final class StreamPodSandboxes {
  private final ListPodSandbox list;

  /** Takes them from this list. */
  public StreamPodSandboxes(ListPodSandbox list) {
    this.list = list;
  }

  public void call(StreamPodSandboxesRequest request, Consumer<StreamPodSandboxesResponse> sink) {
    ListPodSandboxRequest.Builder listed = ListPodSandboxRequest.newBuilder();
    if (request.hasFilter()) {
      listed.setFilter(request.getFilter());
    }
    Chunks.send(
        list.call(listed.build()).getItemsList(),
        chunk ->
            sink.accept(StreamPodSandboxesResponse.newBuilder().addAllPodSandboxes(chunk).build()));
  }
}
