package io.jukung.runtime.life;

import io.jukung.client.v1.SetRestartPolicyRequest;
import io.jukung.client.v1.SetRestartPolicyResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import java.io.IOException;

/** Gives containers of jukung's own another restart policy. */
public final class SetRestartPolicy {
  private final OwnContainers own;
  private final Restarts restarts;

  public SetRestartPolicy(OwnContainers own, Restarts restarts) {
    this.own = own;
    this.restarts = restarts;
  }

  public SetRestartPolicyResponse call(SetRestartPolicyRequest request) throws IOException {
    Container container = own.own("SetRestartPolicy", request.getContainerId());
    try {
      var _ = RestartPolicy.parse(request.getPolicy());
    } catch (IllegalArgumentException e) {
      throw new CriException(ErrorKind.INVALID_ARGUMENT, "SetRestartPolicy: " + e.getMessage(), e);
    }
    restarts.setPolicy(container, request.getPolicy());
    return SetRestartPolicyResponse.getDefaultInstance();
  }
}
