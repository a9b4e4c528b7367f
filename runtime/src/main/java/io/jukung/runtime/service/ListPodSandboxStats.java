package io.jukung.runtime.service;

import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import io.jukung.cri.v1.PodSandboxStatsFilter;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.stats.UsageOfPods;
import java.io.IOException;

/** ListPodSandboxStats: returns what the pods use that match all of a filter. */
public final class ListPodSandboxStats {
  private final Selection selection;
  private final UsageOfPods usage;

  public ListPodSandboxStats(Selection selection, UsageOfPods usage) {
    this.selection = selection;
    this.usage = usage;
  }

  public ListPodSandboxStatsResponse call(ListPodSandboxStatsRequest request)
      throws IOException, InterruptedException {
    PodSandboxStatsFilter filter = request.getFilter();
    return ListPodSandboxStatsResponse.newBuilder()
        .addAllStats(usage.of(selection.sandboxes(filter.getId(), filter.getLabelSelectorMap())))
        .build();
  }
}
