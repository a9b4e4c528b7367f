package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.PortForwardRequest;
import io.jukung.cri.v1.PortForwardResponse;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;

/** PortForward: returns a URL at which a client can reach ports of a pod. */
public final class PortForward {
  private final SandboxStore sandboxes;
  private final StreamUrls urls;

  public PortForward(SandboxStore sandboxes, StreamUrls urls) {
    this.sandboxes = sandboxes;
    this.urls = urls;
  }

  public PortForwardResponse call(PortForwardRequest request) throws IOException {
    for (int port : request.getPortList()) {
      if (port < 1 || port > 0xffff) {
        throw CriException.invalidArgument("PortForward: " + port + " is not a port number");
      }
    }
    Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
    if (!sandbox.isReady()) {
      throw CriException.failedPrecondition(
          "PortForward: sandbox " + sandbox.id() + " is not ready");
    }
    return PortForwardResponse.newBuilder()
        .setUrl(urls.portForward(sandbox.id(), request.getPortList()))
        .build();
  }
}
