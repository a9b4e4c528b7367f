package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.runtime.call.EncodedMessage;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStatusRecord;
import java.util.function.BiConsumer;

/** ListContainers: returns the containers that match all of a filter, from memory. */
public final class ListContainers {
  private final Selection selection;
  private final ContainerViews views;

  public ListContainers(Selection selection, ContainerViews views) {
    this.selection = selection;
    this.views = views;
  }

  public ListContainersResponse call(ListContainersRequest request) {
    ListContainersResponse.Builder response = ListContainersResponse.newBuilder();
    forEach(
        request.getFilter(),
        (container, status) -> response.addContainers(views.listed(container.record(), status)));
    return response.build();
  }

  /** Returns the same answer in its serialized form, from what was serialized before. */
  public EncodedMessage encoded(ListContainersRequest request) {
    EncodedMessage response = new EncodedMessage();
    forEach(
        request.getFilter(),
        (container, status) ->
            response.add(
                ListContainersResponse.CONTAINERS_FIELD_NUMBER, views.listed(container, status)));
    return response;
  }

  private void forEach(
      ContainerFilter filter, BiConsumer<Container, ContainerStatusRecord> action) {
    for (Container container :
        selection.containers(
            filter.getId(), filter.getPodSandboxId(), filter.getLabelSelectorMap())) {
      ContainerStatusRecord status = container.status();
      if (!filter.hasState() || filter.getState().getState() == ContainerViews.state(status)) {
        action.accept(container, status);
      }
    }
  }
}
