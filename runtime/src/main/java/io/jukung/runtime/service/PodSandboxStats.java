package io.jukung.runtime.service;

import io.jukung.cri.v1.PodSandboxStatsRequest;
import io.jukung.cri.v1.PodSandboxStatsResponse;
import io.jukung.runtime.stats.UsageOfPods;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;

/** PodSandboxStats: returns what one pod and its containers use. */
public final class PodSandboxStats {
  private final SandboxStore sandboxes;
  private final UsageOfPods usage;

  public PodSandboxStats(SandboxStore sandboxes, UsageOfPods usage) {
    this.sandboxes = sandboxes;
    this.usage = usage;
  }

  public PodSandboxStatsResponse call(PodSandboxStatsRequest request)
      throws IOException, InterruptedException {
    Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
    return PodSandboxStatsResponse.newBuilder().setStats(usage.of(sandbox)).build();
  }
}
