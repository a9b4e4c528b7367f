package io.jukung.runtime.spec;

import io.jukung.linux.namespace.Namespace;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import io.jukung.runtime.store.StatePaths;
import java.util.ArrayList;
import java.util.List;

/** Finds the namespaces that all processes of a pod share, by their pins. Thread-safe. */
public final class PodNamespaces {
  private final StatePaths paths;

  public PodNamespaces(StatePaths paths) {
    this.paths = paths;
  }

  /** The pod's namespaces except the pid namespace, which each container chooses. */
  public List<Spec.Namespace> of(SandboxRecord sandbox) {
    SandboxConfig config = sandbox.config();
    List<Spec.Namespace> namespaces = new ArrayList<>();
    if (config.user() != null) {
      namespaces.add(pinned("user", sandbox.id(), Namespace.USER.procName()));
    }
    if (!config.isHostNetwork()) {
      namespaces.add(pinned("network", sandbox.id(), Namespace.NETWORK.procName()));
      namespaces.add(pinned("uts", sandbox.id(), Namespace.UTS.procName()));
    }
    if (!config.isHostIpc()) {
      namespaces.add(pinned("ipc", sandbox.id(), Namespace.IPC.procName()));
    }
    return namespaces;
  }

  Spec.Namespace pinned(String type, String sandboxId, String pin) {
    return new Spec.Namespace(type, paths.namespace(sandboxId, pin).toString());
  }
}
