package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;

/**
 * Finds the container whose pid namespace another container joins: one of the same pod, or, where
 * both pods are jukung's own, of another pod.
 */
public final class TargetContainer {
  private TargetContainer() {}

  /**
   * Returns the process id of the target's first process.
   *
   * @param sandboxId that of the container that joins
   * @throws CriException if the target does not run, or is in a sandbox that does not share it
   */
  public static int pid(
      ContainerStore containers, SandboxStore sandboxes, String sandboxId, String targetId) {
    if (targetId.isEmpty()) {
      throw CriException.invalidArgument("namespace_options.target_id is missing");
    }
    Container target = containers.get(targetId);
    String other = target.record().sandboxId();
    if (!other.equals(sandboxId)
        && !(mayShare(sandboxes, sandboxId) && mayShare(sandboxes, other))) {
      throw CriException.invalidArgument(
          "namespace_options.target_id: container " + targetId + " is in another sandbox");
    }
    if (!target.status().isRunning()) {
      throw CriException.failedPrecondition(
          "namespace_options.target_id: container " + targetId + " is not running");
    }
    return target.status().pid();
  }

  /** In a user namespace of another pod, the container would have no rights. */
  private static boolean mayShare(SandboxStore sandboxes, String sandboxId) {
    return sandboxes
        .find(sandboxId)
        .map(Sandbox::record)
        .filter(each -> OwnContainers.isOwn(each) && each.config().user() == null)
        .isPresent();
  }
}
