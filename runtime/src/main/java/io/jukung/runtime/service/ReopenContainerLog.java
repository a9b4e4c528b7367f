package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.cri.v1.ReopenContainerLogResponse;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;

/** ReopenContainerLog: makes a running container log to a new file, after the old was renamed. */
public final class ReopenContainerLog {
  private final ContainerStore containers;
  private final PodShims shims;

  public ReopenContainerLog(ContainerStore containers, PodShims shims) {
    this.containers = containers;
    this.shims = shims;
  }

  public ReopenContainerLogResponse call(ReopenContainerLogRequest request) throws IOException {
    Container container = containers.get(request.getContainerId());
    if (!container.status().isRunning()) {
      throw CriException.failedPrecondition(
          "ReopenContainerLog: container "
              + container.id()
              + " is not running but "
              + container.status().state());
    }
    shims.get(container.record().sandboxId()).reopenLog(container.id());
    return ReopenContainerLogResponse.getDefaultInstance();
  }
}
