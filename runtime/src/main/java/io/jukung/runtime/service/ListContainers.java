package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStatusRecord;

/** ListContainers: returns the containers that match all of a filter, from memory. */
public final class ListContainers {
  private final Selection selection;

  public ListContainers(Selection selection) {
    this.selection = selection;
  }

  public ListContainersResponse call(ListContainersRequest request) {
    ContainerFilter filter = request.getFilter();
    ListContainersResponse.Builder response = ListContainersResponse.newBuilder();
    for (Container container :
        selection.containers(
            filter.getId(), filter.getPodSandboxId(), filter.getLabelSelectorMap())) {
      ContainerStatusRecord status = container.status();
      if (!filter.hasState() || filter.getState().getState() == ContainerViews.state(status)) {
        response.addContainers(ContainerViews.listed(container.record(), status));
      }
    }
    return response.build();
  }
}
