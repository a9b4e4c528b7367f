package io.jukung.runtime.service;

import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StartContainerResponse;
import io.jukung.runtime.life.ContainerStarter;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;

/** StartContainer: starts a CREATED container. */
public final class StartContainer {
  private final ContainerStore containers;
  private final ContainerStarter starter;

  public StartContainer(ContainerStore containers, ContainerStarter starter) {
    this.containers = containers;
    this.starter = starter;
  }

  public StartContainerResponse call(StartContainerRequest request)
      throws IOException, InterruptedException {
    starter.start(containers.get(request.getContainerId()));
    return StartContainerResponse.getDefaultInstance();
  }
}
