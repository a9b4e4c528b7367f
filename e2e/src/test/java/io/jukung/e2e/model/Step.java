package io.jukung.e2e.model;

/**
 * One call, or one thing that happens to the node. Pods and containers are numbered places that may
 * be empty: a call about an empty place names an id that never existed. So every part of a sequence
 * of steps is a sequence too, which shrinking needs.
 */
public sealed interface Step {
  /** RunPodSandbox with the configuration of the place, which is the same each time. */
  record RunPod(int pod) implements Step {}

  record StopPod(int pod) implements Step {}

  record RemovePod(int pod) implements Step {}

  /** CreateContainer with a name that belongs to the place. */
  record Create(int container, int pod) implements Step {}

  record Start(int container) implements Step {}

  /** StopContainer with a timeout of 0, which kills. */
  record Stop(int container) implements Step {}

  record Remove(int container) implements Step {}

  record ExecSync(int container) implements Step {}

  /** The container's own process ends with the code. */
  record ExitInside(int container, int code) implements Step {}

  /** SIGKILL of the daemon, and a new one. A container's process ends meanwhile, if it runs. */
  record RestartDaemon(int endingContainer) implements Step {}

  /** Lists with every kind of filter. */
  record Lists(int pod, int container) implements Step {}

  /** Status of ids that do not exist. */
  record UnknownIds() implements Step {}
}
