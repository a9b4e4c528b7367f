package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.SandboxRecord;
import java.io.IOException;
import java.util.List;

/**
 * Programs outside the daemon that are told of each step in the life of pods and containers, and
 * that may change containers. Calls wait until each of them has answered, or for a bounded time.
 * Thread-safe.
 *
 * <p>A program that does not answer counts as if it were not there. One that answers with an error
 * makes the step fail if the step makes or changes something; stops, removals and what comes after
 * a step go on.
 */
public interface LifecyclePlugins {
  /** No programs. */
  LifecyclePlugins NONE = new NoPlugins();

  /**
   * Begins a step after which other pods or containers are there than before. A program that joins
   * sees the node before or after the step and never in the middle of it.
   *
   * @param id of the pod or container. {@link #containerStopped} waits for the end of the step
   */
  Step begin(String id);

  /** A step that is under way; to be closed once. */
  interface Step extends AutoCloseable {
    @Override
    void close();
  }

  /** A sandbox is ready, and not yet in the store. */
  void runPodSandbox(SandboxRecord sandbox);

  /** Takes back {@link #runPodSandbox}, also one that has failed. */
  void undoRunPodSandbox(SandboxRecord sandbox);

  /** The limits of a pod are about to change. */
  void updatePodSandbox(
      SandboxRecord sandbox, LinuxContainerResources overhead, LinuxContainerResources resources);

  void postUpdatePodSandbox(SandboxRecord sandbox);

  /** The containers of a sandbox have ended; its network is still there. */
  void stopPodSandbox(SandboxRecord sandbox);

  /** A sandbox is about to leave the store. */
  void removePodSandbox(SandboxRecord sandbox);

  /** Makes the specification of a container again, with more CDI devices. */
  interface WithCdiDevices {
    Spec build(List<String> names) throws IOException;
  }

  /**
   * A container as it is to be created.
   *
   * @param record its limits are those of the specification
   */
  record Draft(ContainerRecord record, Spec spec) {}

  /**
   * A container is about to be created.
   *
   * @return the draft with the changes of all programs
   * @throws CriException if a program refuses the container, or asks for what cannot be done
   */
  Draft createContainer(SandboxRecord sandbox, Draft draft, WithCdiDevices specs)
      throws IOException;

  /** Takes back {@link #createContainer}, also one that has failed. */
  void undoCreateContainer(SandboxRecord sandbox, String containerId);

  void postCreateContainer(Container container);

  void startContainer(Container container);

  void postStartContainer(Container container);

  /**
   * The limits of a container are about to change.
   *
   * @return the limits to set instead
   */
  LinuxContainerResources updateContainer(Container container, LinuxContainerResources resources);

  void postUpdateContainer(Container container);

  /** A container has ended. Telling it again is a no-op. */
  void containerStopped(Container container);

  /** A container is about to leave the store. */
  void removeContainer(Container container);
}
