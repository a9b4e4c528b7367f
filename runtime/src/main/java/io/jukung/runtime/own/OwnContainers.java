package io.jukung.runtime.own;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.util.Map;

/**
 * Says which containers are jukung's own: those in pods of {@code jukung run} and {@code jukung
 * create}. The others belong to kubelet or to another client of CRI, which would not understand a
 * change that it has not made. Thread-safe.
 */
public final class OwnContainers {
  /** The label of own pods and of their containers. The value is the container's name. */
  public static final String LABEL = "io.jukung.run";

  /** The label of the pods in which the commands of builds run. */
  public static final String BUILD_LABEL = "io.jukung.build";

  /** Kubelet gives each of its pods this label. A user of Kubernetes cannot take it away. */
  private static final String KUBELET = "io.kubernetes.pod.uid";

  private final SandboxStore sandboxes;
  private final ContainerStore containers;

  public OwnContainers(SandboxStore sandboxes, ContainerStore containers) {
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  /** Whether the pod is jukung's own. */
  public static boolean isOwn(SandboxRecord sandbox) {
    return isOwn(sandbox.config().labels());
  }

  /** Whether a pod with these labels is jukung's own. */
  public static boolean isOwn(Map<String, String> labels) {
    return labels.containsKey(LABEL) && !labels.containsKey(KUBELET);
  }

  /** Whether commands of a build run in the pod. */
  public static boolean isOfBuild(SandboxRecord sandbox) {
    return sandbox.config().labels().containsKey(BUILD_LABEL)
        && !sandbox.config().labels().containsKey(KUBELET);
  }

  /** Whether the container is jukung's own; false if its sandbox is gone. */
  public boolean isOwn(Container container) {
    return sandboxes
        .find(container.record().sandboxId())
        .map(Sandbox::record)
        .filter(OwnContainers::isOwn)
        .isPresent();
  }

  /**
   * Returns the container with the id, or with an id that begins so.
   *
   * @throws CriException NOT_FOUND if there is none
   */
  public Container get(String id) {
    return containers.get(id);
  }

  /**
   * Returns a container that is to be changed.
   *
   * @param call for the error text
   * @param anyOwner whether the caller wants to change a container of another owner too
   * @throws CriException FAILED_PRECONDITION if the container is not the caller's to change
   */
  public Container toChange(String call, String id, boolean anyOwner) {
    Container container = containers.get(id);
    if (!anyOwner && !isOwn(container)) {
      throw CriException.failedPrecondition(
          call
              + ": container "
              + LogNames.container(container.record())
              + " was made by kubelet or another client of CRI, use --force to change it all the"
              + " same");
    }
    return container;
  }

  /**
   * Returns a container of jukung's own.
   *
   * @throws CriException FAILED_PRECONDITION if it is not jukung's own
   */
  public Container own(String call, String id) {
    Container container = containers.get(id);
    if (!isOwn(container)) {
      throw CriException.failedPrecondition(
          call
              + ": container "
              + LogNames.container(container.record())
              + " was made by kubelet or another client of CRI, and only its maker can do this");
    }
    return container;
  }

  /**
   * As {@link #toChange}, of a container that runs.
   *
   * @throws CriException FAILED_PRECONDITION also if the container does not run
   */
  public Container running(String call, String id, boolean anyOwner) {
    Container container = toChange(call, id, anyOwner);
    requireRunning(call, container);
    return container;
  }

  public static void requireRunning(String call, Container container) {
    if (!container.status().isRunning()) {
      throw CriException.failedPrecondition(
          call
              + ": container "
              + container.id()
              + " is not running but "
              + container.status().state());
    }
  }
}
