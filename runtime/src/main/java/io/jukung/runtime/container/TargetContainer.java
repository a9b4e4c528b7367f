package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;

/** Finds the container whose pid namespace another container of the pod joins. */
public final class TargetContainer {
  private TargetContainer() {}

  /**
   * Returns the process id of the target's first process.
   *
   * @throws CriException if the target is not a running container of the sandbox
   */
  public static int pid(ContainerStore containers, String sandboxId, String targetId) {
    if (targetId.isEmpty()) {
      throw CriException.invalidArgument("namespace_options.target_id is missing");
    }
    Container target = containers.get(targetId);
    if (!target.record().sandboxId().equals(sandboxId)) {
      throw CriException.invalidArgument(
          "namespace_options.target_id: container " + targetId + " is in another sandbox");
    }
    if (!target.status().isRunning()) {
      throw CriException.failedPrecondition(
          "namespace_options.target_id: container " + targetId + " is not running");
    }
    return target.status().pid();
  }
}
