package io.jukung.runtime.service;

import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemoveContainerResponse;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;
import java.util.Optional;

/** RemoveContainer: removes a container, also if it runs. An unknown container is a no-op. */
public final class RemoveContainer {
  private final ContainerStore containers;
  private final ContainerRemover remover;

  public RemoveContainer(ContainerStore containers, ContainerRemover remover) {
    this.containers = containers;
    this.remover = remover;
  }

  public RemoveContainerResponse call(RemoveContainerRequest request)
      throws IOException, InterruptedException {
    Optional<Container> container = containers.find(request.getContainerId());
    if (container.isPresent()) {
      remover.remove(container.get());
    }
    return RemoveContainerResponse.getDefaultInstance();
  }
}
