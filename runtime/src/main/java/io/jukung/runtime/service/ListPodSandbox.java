package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.runtime.call.EncodedMessage;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.pod.SandboxViews;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import java.util.function.BiConsumer;

/** ListPodSandbox: returns the sandboxes that match all of a filter, from memory. */
public final class ListPodSandbox {
  private final Selection selection;

  public ListPodSandbox(Selection selection) {
    this.selection = selection;
  }

  public ListPodSandboxResponse call(ListPodSandboxRequest request) {
    ListPodSandboxResponse.Builder response = ListPodSandboxResponse.newBuilder();
    forEach(request.getFilter(), (_, record) -> response.addItems(SandboxViews.listed(record)));
    return response.build();
  }

  /** Returns the same answer in its serialized form, from what was serialized before. */
  public EncodedMessage encoded(ListPodSandboxRequest request) {
    EncodedMessage response = new EncodedMessage();
    forEach(
        request.getFilter(),
        (sandbox, record) ->
            response.add(
                ListPodSandboxResponse.ITEMS_FIELD_NUMBER, SandboxViews.listed(sandbox, record)));
    return response;
  }

  private void forEach(PodSandboxFilter filter, BiConsumer<Sandbox, SandboxRecord> action) {
    for (Sandbox sandbox : selection.sandboxes(filter.getId(), filter.getLabelSelectorMap())) {
      SandboxRecord record = sandbox.record();
      if (!filter.hasState() || filter.getState().getState() == SandboxViews.state(record)) {
        action.accept(sandbox, record);
      }
    }
  }
}
