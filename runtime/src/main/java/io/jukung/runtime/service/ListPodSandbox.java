package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.util.Collection;
import java.util.List;

/** Lists sandboxes that match all of a filter, from memory. */
public final class ListPodSandbox {
  private final SandboxStore sandboxes;

  /** Lists these. */
  public ListPodSandbox(SandboxStore sandboxes) {
    this.sandboxes = sandboxes;
  }

  public ListPodSandboxResponse call(ListPodSandboxRequest request) {
    PodSandboxFilter filter = request.getFilter();
    ListPodSandboxResponse.Builder response = ListPodSandboxResponse.newBuilder();
    for (Sandbox sandbox : candidates(filter.getId())) {
      SandboxRecord record = sandbox.record();
      if (matches(filter, record)) {
        response.addItems(SandboxViews.listed(record));
      }
    }
    return response.build();
  }

  /** An ambiguous short id matches nothing: a filter selects, it does not name. */
  private Collection<Sandbox> candidates(String id) {
    if (id.isEmpty()) {
      return sandboxes.all();
    }
    try {
      return sandboxes.find(id).map(List::of).orElse(List.of());
    } catch (CriException e) {
      return List.of();
    }
  }

  private static boolean matches(PodSandboxFilter filter, SandboxRecord record) {
    return (!filter.hasState() || filter.getState().getState() == SandboxViews.state(record))
        && record.config().labels().entrySet().containsAll(filter.getLabelSelectorMap().entrySet());
  }
}
