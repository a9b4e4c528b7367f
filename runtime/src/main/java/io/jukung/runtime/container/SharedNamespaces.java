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
import java.nio.file.Path;
import java.util.List;

/**
 * Gives a container of jukung's own namespaces of another one, whose pod has to be set up when the
 * container starts: the System V IPC with the shared memory, and the network with the names in it.
 * Thread-safe.
 */
public final class SharedNamespaces {
  private static final String SHARED_MEMORY = "/dev/shm";
  private static final String HOSTS = "/etc/hosts";
  private static final String RESOLV_CONF = "/etc/resolv.conf";

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StatePaths paths;

  public SharedNamespaces(SandboxStore sandboxes, ContainerStore containers, StatePaths paths) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.paths = paths;
  }

  /** A container whose namespaces another one wants, and its pod. */
  private record Other(SandboxRecord pod, ContainerOptions options) {}

  /**
   * Returns the specification with the namespaces of the other containers that the options name.
   *
   * @param own the sandbox of the container
   * @throws CriException if two containers cannot share what is asked for
   */
  public Spec applyTo(Spec spec, SandboxRecord own, ContainerOptions options) {
    return network(ipc(spec, own, options.ipcOf()), own, options.networkOf());
  }

  private Other other(String option, String targetId) {
    Container target = containers.get(targetId);
    SandboxRecord pod =
        sandboxes
            .find(target.record().sandboxId())
            .map(Sandbox::record)
            .filter(OwnContainers::isOwn)
            .orElseThrow(
                () ->
                    CriException.failedPrecondition(
                        option + ": container " + targetId + " was not made by jukung run"));
    return new Other(pod, ContainerOptions.of(pod, target.record().annotations()));
  }

  private static void requireNoUserNamespace(String option, SandboxRecord own, SandboxRecord pod) {
    if (own.config().user() != null || pod.config().user() != null) {
      throw CriException.failedPrecondition(
          option + ": one of the containers has a user namespace of its own");
    }
  }

  private Spec ipc(Spec spec, SandboxRecord own, String targetId) {
    if (targetId.isEmpty()) {
      return spec;
    }
    String option = "options.ipcOf";
    Other other = other(option, targetId);
    String further = other.options().ipcOf();
    if (!further.isEmpty()) {
      return ipc(spec, own, further); // ends, as a container can name only an earlier one
    }
    if (own.config().isHostIpc() || other.pod().config().isHostIpc()) {
      throw CriException.failedPrecondition(
          option + ": one of the containers has the IPC of the node");
    }
    requireNoUserNamespace(option, own, other.pod());
    String id = other.pod().id();
    SpecAdjuster adjuster = new SpecAdjuster(spec, "options");
    adjuster.namespace("ipc", paths.namespace(id, Namespace.IPC.procName()).toString());
    replace(adjuster, spec, SHARED_MEMORY, paths.shm(own.id()), paths.shm(id));
    return adjuster.result();
  }

  private Spec network(Spec spec, SandboxRecord own, String targetId) {
    if (targetId.isEmpty()) {
      return spec;
    }
    String option = "options.networkOf";
    Other other = other(option, targetId);
    String further = other.options().networkOf();
    if (!further.isEmpty()) {
      return network(spec, own, further); // ends, as a container can name only an earlier one
    }
    if (own.config().isHostNetwork() || other.pod().config().isHostNetwork()) {
      throw CriException.failedPrecondition(
          option + ": one of the containers has the network of the node");
    }
    requireNoUserNamespace(option, own, other.pod());
    String id = other.pod().id();
    SpecAdjuster adjuster = new SpecAdjuster(spec, "options");
    adjuster.namespace("network", paths.namespace(id, Namespace.NETWORK.procName()).toString());
    replace(adjuster, spec, HOSTS, paths.hosts(own.id()), paths.hosts(id));
    replace(adjuster, spec, RESOLV_CONF, paths.resolvConf(own.id()), paths.resolvConf(id));
    return adjuster.result();
  }

  /** Mounts the file of the other pod where that of the own pod would be mounted. */
  private static void replace(
      SpecAdjuster adjuster, Spec spec, String destination, Path own, Path other) {
    spec.mounts().stream()
        .filter(each -> each.destination().equals(destination))
        .filter(each -> each.source().equals(own.toString()))
        .forEach(each -> adjuster.mount(from(other.toString(), each)));
  }

  private static Spec.Mount from(String source, Spec.Mount mount) {
    return new Spec.Mount(mount.destination(), mount.type(), source, List.copyOf(mount.options()));
  }
}
