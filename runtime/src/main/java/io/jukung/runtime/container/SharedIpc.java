package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.linux.namespace.Namespace;
import io.jukung.runtime.own.ContainerOptions;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecAdjuster;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.util.List;

/**
 * Gives a container of jukung's own the System V IPC and the shared memory of another one, whose
 * pod has to be set up when the container starts. Thread-safe.
 */
public final class SharedIpc {
  private static final String SHARED_MEMORY = "/dev/shm";

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StatePaths paths;

  public SharedIpc(SandboxStore sandboxes, ContainerStore containers, StatePaths paths) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.paths = paths;
  }

  /**
   * Returns the specification with the other container's IPC.
   *
   * @param targetId the other container; empty: the specification stays as it is
   * @param own the sandbox of the container
   * @throws CriException if the two cannot share it
   */
  public Spec applyTo(Spec spec, SandboxRecord own, String targetId) {
    if (targetId.isEmpty()) {
      return spec;
    }
    Container target = containers.get(targetId);
    SandboxRecord other =
        sandboxes
            .find(target.record().sandboxId())
            .map(Sandbox::record)
            .filter(OwnContainers::isOwn)
            .orElseThrow(
                () ->
                    CriException.failedPrecondition(
                        "options.ipcOf: container " + targetId + " was not made by jukung run"));
    String further = ContainerOptions.of(other, target.record().annotations()).ipcOf();
    if (!further.isEmpty()) {
      return applyTo(spec, own, further); // ends, as a container can name only an earlier one
    }
    if (own.config().isHostIpc() || other.config().isHostIpc()) {
      throw CriException.failedPrecondition(
          "options.ipcOf: one of the containers has the IPC of the node");
    }
    if (own.config().user() != null || other.config().user() != null) {
      throw CriException.failedPrecondition(
          "options.ipcOf: one of the containers has a user namespace of its own");
    }
    SpecAdjuster adjuster = new SpecAdjuster(spec, "options");
    adjuster.namespace("ipc", paths.namespace(other.id(), Namespace.IPC.procName()).toString());
    spec.mounts().stream()
        .filter(each -> each.destination().equals(SHARED_MEMORY))
        .filter(each -> each.source().equals(paths.shm(own.id()).toString()))
        .forEach(each -> adjuster.mount(from(paths.shm(other.id()).toString(), each)));
    return adjuster.result();
  }

  private static Spec.Mount from(String source, Spec.Mount mount) {
    return new Spec.Mount(mount.destination(), mount.type(), source, List.copyOf(mount.options()));
  }
}
