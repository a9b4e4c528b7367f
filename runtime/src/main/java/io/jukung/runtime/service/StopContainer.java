package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.life.Restarts;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** StopContainer: stops a container. An unknown container is a no-op. */
public final class StopContainer {
  private final ContainerStore containers;
  private final ContainerStopper stopper;
  private final LifecyclePlugins plugins;
  private final Restarts restarts;

  public StopContainer(
      ContainerStore containers,
      ContainerStopper stopper,
      LifecyclePlugins plugins,
      Restarts restarts) {
    this.containers = containers;
    this.stopper = stopper;
    this.plugins = plugins;
    this.restarts = restarts;
  }

  public StopContainerResponse call(StopContainerRequest request)
      throws IOException, InterruptedException {
    if (request.getTimeout() < 0) {
      throw CriException.invalidArgument("StopContainer: timeout is negative");
    }
    Optional<Container> container = containers.find(request.getContainerId());
    if (container.isPresent()) {
      restarts.stopping(container.get());
      stopper.stop(container.get(), Duration.ofSeconds(request.getTimeout()));
      if (container.get().status().isExited()) {
        plugins.containerStopped(container.get());
      }
    }
    return StopContainerResponse.getDefaultInstance();
  }
}
