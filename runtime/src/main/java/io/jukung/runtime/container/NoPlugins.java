package io.jukung.runtime.container;

import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.SandboxRecord;

/** Tells nobody. */
final class NoPlugins implements LifecyclePlugins {
  private static final Step NO_STEP = () -> {};

  @Override
  public Step begin(String id) {
    return NO_STEP;
  }

  @Override
  public void runPodSandbox(SandboxRecord sandbox) {}

  @Override
  public void undoRunPodSandbox(SandboxRecord sandbox) {}

  @Override
  public void updatePodSandbox(
      SandboxRecord sandbox, LinuxContainerResources overhead, LinuxContainerResources resources) {}

  @Override
  public void postUpdatePodSandbox(SandboxRecord sandbox) {}

  @Override
  public void stopPodSandbox(SandboxRecord sandbox) {}

  @Override
  public void removePodSandbox(SandboxRecord sandbox) {}

  @Override
  public Draft createContainer(SandboxRecord sandbox, Draft draft, WithCdiDevices specs) {
    return draft;
  }

  @Override
  public void undoCreateContainer(SandboxRecord sandbox, String containerId) {}

  @Override
  public void postCreateContainer(Container container) {}

  @Override
  public void startContainer(Container container) {}

  @Override
  public void postStartContainer(Container container) {}

  @Override
  public LinuxContainerResources updateContainer(
      Container container, LinuxContainerResources resources) {
    return resources;
  }

  @Override
  public void postUpdateContainer(Container container) {}

  @Override
  public void containerStopped(Container container) {}

  @Override
  public void removeContainer(Container container) {}
}
