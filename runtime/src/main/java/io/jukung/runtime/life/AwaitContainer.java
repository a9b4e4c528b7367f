package io.jukung.runtime.life;

import io.jukung.client.v1.AwaitRequest;
import io.jukung.client.v1.AwaitResponse;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import java.io.IOException;
import java.util.concurrent.ExecutionException;

/** Waits for the end of containers. */
public final class AwaitContainer {
  private final OwnContainers containers;

  public AwaitContainer(OwnContainers containers) {
    this.containers = containers;
  }

  /**
   * Returns when the container does not run: at once if it was never started. The wait has no
   * limit, and ends when the caller cancels the call.
   */
  public AwaitResponse call(AwaitRequest request) throws IOException, InterruptedException {
    Container container = containers.get(request.getContainerId());
    if (container.status().mayRun()) {
      try {
        container.exit().get();
      } catch (ExecutionException e) {
        throw new IOException("wait for container " + container.id(), e);
      }
    }
    return AwaitResponse.newBuilder().setExitCode(container.status().exitCode()).build();
  }
}
