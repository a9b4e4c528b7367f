package io.jukung.runtime.life;

import io.jukung.client.v1.RenameRequest;
import io.jukung.client.v1.RenameResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * Gives containers of jukung's own another name, and their pods with them. The host name and the
 * log keep the old name.
 */
public final class RenameContainer {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");

  /** The label by which crictl shows a container's pod. */
  private static final String POD_NAME = "io.kubernetes.pod.name";

  private final OwnContainers own;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StateFiles files;

  /** Held so that no two containers get one name. */
  private final ReentrantLock lock = new ReentrantLock();

  public RenameContainer(
      OwnContainers own, SandboxStore sandboxes, ContainerStore containers, StateFiles files) {
    this.own = own;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.files = files;
  }

  /** Renames the container. The same call again finishes what a crash has interrupted. */
  public RenameResponse call(RenameRequest request) throws IOException {
    String name = request.getName();
    if (!NAME.matcher(name).matches()) {
      throw CriException.invalidArgument(
          "Rename: not a name: \"" + name + "\" (letters, digits, _ . -, at most 63)");
    }
    Container container = own.own("Rename", request.getContainerId());
    lock.lock();
    try {
      requireFree(name, container);
      rename(container, name);
      rename(sandboxes.get(container.record().sandboxId()), name);
    } finally {
      lock.unlock();
    }
    return RenameResponse.getDefaultInstance();
  }

  private void requireFree(String name, Container container) {
    for (Container other : containers.all()) {
      if (other != container && name.equals(other.record().labels().get(OwnContainers.LABEL))) {
        throw new CriException(
            ErrorKind.ALREADY_EXISTS,
            "Rename: the name " + name + " is in use by container " + LogNames.id(other.id()));
      }
    }
  }

  private void rename(Container container, String name) throws IOException {
    ContainerName before = container.record().name();
    ContainerName after = new ContainerName(before.sandboxId(), name, before.attempt());
    containers.names().reserve(after, container.id());
    boolean renamed = false;
    try {
      container.rename(after, labels(container.record().labels(), name));
      renamed = true;
    } finally {
      if (!before.equals(after)) {
        containers.names().release(renamed ? before : after, container.id());
      }
    }
  }

  private void rename(Sandbox sandbox, String name) throws IOException {
    SandboxName before = sandbox.record().name();
    SandboxName after = new SandboxName(name, before.uid(), before.namespace(), before.attempt());
    sandboxes.names().reserve(after, sandbox.id());
    boolean renamed = false;
    try {
      sandbox.update(
          files, record -> record.renamed(after, labels(record.config().labels(), name)));
      renamed = true;
    } finally {
      if (!before.equals(after)) {
        sandboxes.names().release(renamed ? before : after, sandbox.id());
      }
    }
  }

  private static Map<String, String> labels(Map<String, String> before, String name) {
    Map<String, String> labels = new TreeMap<>(before);
    labels.put(OwnContainers.LABEL, name);
    labels.computeIfPresent(POD_NAME, (_, _) -> name);
    return labels;
  }
}
