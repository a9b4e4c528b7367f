package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdateContainerResourcesResponse;
import io.jukung.cri.v1.WindowsContainerResources;
import io.jukung.runtime.container.ContainerLimits;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;

/**
 * UpdateContainerResources: changes the limits of a container that has not exited. Either all
 * limits that the request sets are changed, or none.
 */
public final class UpdateContainerResources {
  private final ContainerStore containers;
  private final ContainerLimits limits;
  private final LifecyclePlugins plugins;

  public UpdateContainerResources(
      ContainerStore containers, ContainerLimits limits, LifecyclePlugins plugins) {
    this.containers = containers;
    this.limits = limits;
    this.plugins = plugins;
  }

  public UpdateContainerResourcesResponse call(UpdateContainerResourcesRequest request)
      throws IOException {
    if (!request.getWindows().equals(WindowsContainerResources.getDefaultInstance())) {
      throw CriException.unimplementedField("windows");
    }
    if (request.getAnnotationsCount() > 0) {
      throw CriException.unimplementedField("annotations");
    }
    Container container = containers.get(request.getContainerId());
    try (LifecyclePlugins.Step _ = plugins.begin(container.id())) {
      LinuxContainerResources changes =
          container.status().isExited()
              ? request.getLinux() // refused below: no plugin shall reckon with it
              : plugins.updateContainer(container, request.getLinux());
      limits.change(container, changes);
      plugins.postUpdateContainer(container);
    }
    return UpdateContainerResourcesResponse.getDefaultInstance();
  }
}
