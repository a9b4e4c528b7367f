package io.jukung.runtime.service;

import io.jukung.cri.v1.UpdateRuntimeConfigRequest;
import io.jukung.cri.v1.UpdateRuntimeConfigResponse;
import io.jukung.runtime.pod.PodHost;
import java.io.IOException;

/** UpdateRuntimeConfig: takes up the address ranges of the node's pods, as kubelet learnt them. */
public final class UpdateRuntimeConfig {
  private final PodHost host;

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
