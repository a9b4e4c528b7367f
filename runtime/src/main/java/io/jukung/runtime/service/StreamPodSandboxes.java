package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.StreamPodSandboxesRequest;
import io.jukung.cri.v1.StreamPodSandboxesResponse;
import io.jukung.runtime.call.Chunks;
import io.jukung.runtime.call.ListCall;
import java.io.IOException;
import java.util.function.Consumer;

/** StreamPodSandboxes: sends in parts what ListPodSandbox returns. */
public final class StreamPodSandboxes {
  private final ListCall<ListPodSandboxRequest, ListPodSandboxResponse> list;

  public StreamPodSandboxes(ListCall<ListPodSandboxRequest, ListPodSandboxResponse> list) {
    this.list = list;
  }

  public void call(StreamPodSandboxesRequest request, Consumer<StreamPodSandboxesResponse> sink)
      throws IOException, InterruptedException {
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
