package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerStatsRequest;
import io.jukung.cri.v1.ContainerStatsResponse;
import io.jukung.runtime.stats.UsageOfContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;

/** ContainerStats: returns what one container uses. */
public final class ContainerStats {
  private final ContainerStore containers;
  private final UsageOfContainers usage;

  public ContainerStats(ContainerStore containers, UsageOfContainers usage) {
    this.containers = containers;
    this.usage = usage;
  }

  public ContainerStatsResponse call(ContainerStatsRequest request)
      throws IOException, InterruptedException {
    Container container = containers.get(request.getContainerId());
    return ContainerStatsResponse.newBuilder().setStats(usage.of(container)).build();
  }
}
