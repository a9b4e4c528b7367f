package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerStatsFilter;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListContainerStatsResponse;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.stats.UsageOfContainers;
import java.io.IOException;

/** ListContainerStats: returns what the containers use that match all of a filter. */
public final class ListContainerStats {
  private final Selection selection;
  private final UsageOfContainers usage;

  public ListContainerStats(Selection selection, UsageOfContainers usage) {
    this.selection = selection;
    this.usage = usage;
  }

  public ListContainerStatsResponse call(ListContainerStatsRequest request)
      throws IOException, InterruptedException {
    ContainerStatsFilter filter = request.getFilter();
    return ListContainerStatsResponse.newBuilder()
        .addAllStats(
            usage.of(
                selection.containers(
                    filter.getId(), filter.getPodSandboxId(), filter.getLabelSelectorMap())))
        .build();
  }
}
