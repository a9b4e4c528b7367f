package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.util.Collection;
import java.util.List;

/** Lists containers that match all of a filter, from memory. */
public final class ListContainers {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;

  /** Lists these. */
  public ListContainers(SandboxStore sandboxes, ContainerStore containers) {
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  public ListContainersResponse call(ListContainersRequest request) {
    ContainerFilter filter = request.getFilter();
    ListContainersResponse.Builder response = ListContainersResponse.newBuilder();
    String sandboxId = fullSandboxId(filter.getPodSandboxId());
    for (Container container : candidates(filter.getId())) {
      ContainerStatusRecord status = container.status();
      if (matches(filter, sandboxId, container.record(), status)) {
        response.addContainers(ContainerViews.listed(container.record(), status));
      }
    }
    return response.build();
  }

  /** An ambiguous short id matches nothing: a filter selects, it does not name. */
  private Collection<Container> candidates(String id) {
    if (id.isEmpty()) {
      return containers.all();
    }
    try {
      return containers.find(id).map(List::of).orElse(List.of());
    } catch (CriException e) {
      return List.of();
    }
  }

  private String fullSandboxId(String id) {
    if (id.isEmpty()) {
      return id;
    }
    try {
      return sandboxes.find(id).map(Sandbox::id).orElse(id);
    } catch (CriException e) {
      return id;
    }
  }

  private static boolean matches(
      ContainerFilter filter,
      String sandboxId,
      ContainerRecord record,
      ContainerStatusRecord status) {
    return (!filter.hasState() || filter.getState().getState() == ContainerViews.state(status))
        && (sandboxId.isEmpty() || record.sandboxId().equals(sandboxId))
        && record.labels().entrySet().containsAll(filter.getLabelSelectorMap().entrySet());
  }
}
