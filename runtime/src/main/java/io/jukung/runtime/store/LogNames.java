package io.jukung.runtime.store;

import java.util.Optional;

/** How lines of the log name pods and containers: by their names, and by ids that are cut. */
public final class LogNames {
  /** As kubectl, crictl and jukung's own lists cut them. */
  private static final int SHORT_ID = 12;

  private static final String POD_NAME = "io.kubernetes.pod.name";
  private static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";

  private LogNames() {}

  /** As in {@code default/web (1f0c9a2b7d3e)}. */
  public static String pod(SandboxRecord sandbox) {
    return sandbox.name().namespace() + "/" + sandbox.name().name() + " (" + id(sandbox.id()) + ")";
  }

  /**
   * As in {@code app (5e6f7a8b9c0d) of pod default/web}. The pod's name is that of kubelet's
   * labels; for a container without them it is the cut id of its sandbox.
   */
  public static String container(ContainerRecord container) {
    return container.name().name()
        + " ("
        + id(container.id())
        + ") of pod "
        + podOf(container).orElseGet(() -> id(container.sandboxId()));
  }

  private static Optional<String> podOf(ContainerRecord container) {
    String name = container.labels().get(POD_NAME);
    String namespace = container.labels().get(POD_NAMESPACE);
    return name == null || namespace == null
        ? Optional.empty()
        : Optional.of(namespace + "/" + name);
  }

  /** The first characters of an id. Shorter texts stay as they are. */
  public static String id(String id) {
    return id.length() <= SHORT_ID ? id : id.substring(0, SHORT_ID);
  }
}
