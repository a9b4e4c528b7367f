package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.pod.SandboxViews;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;

/** ListPodSandbox: returns the sandboxes that match all of a filter, from memory. */
public final class ListPodSandbox {
  private final Selection selection;

  public ListPodSandbox(Selection selection) {
    this.selection = selection;
  }

  public ListPodSandboxResponse call(ListPodSandboxRequest request) {
    PodSandboxFilter filter = request.getFilter();
    ListPodSandboxResponse.Builder response = ListPodSandboxResponse.newBuilder();
    for (Sandbox sandbox : selection.sandboxes(filter.getId(), filter.getLabelSelectorMap())) {
      SandboxRecord record = sandbox.record();
      if (!filter.hasState() || filter.getState().getState() == SandboxViews.state(record)) {
        response.addItems(SandboxViews.listed(record));
      }
    }
    return response.build();
  }
}
