package io.jukung.runtime.service;

import io.jukung.cri.v1.UpdateRuntimeConfigRequest;
import io.jukung.cri.v1.UpdateRuntimeConfigResponse;
import io.jukung.runtime.pod.PodHost;
import java.io.IOException;

/** Takes up what kubelet has learnt about the node: the ranges of its pods' addresses. */
public final class UpdateRuntimeConfig {
  private final PodHost host;

  /** Tells this. */
  public UpdateRuntimeConfig(PodHost host) {
    this.host = host;
  }

  public UpdateRuntimeConfigResponse call(UpdateRuntimeConfigRequest request) throws IOException {
    String cidrs = request.getRuntimeConfig().getNetworkConfig().getPodCidr();
    if (!cidrs.isEmpty()) {
      host.updatePodCidrs(cidrs);
    }
    return UpdateRuntimeConfigResponse.getDefaultInstance();
  }
}
