package io.jukung.runtime.shim;

import io.jukung.shim.v1.ContainerExited;
import org.jspecify.annotations.Nullable;

/** Receives the ends of containers and of the shim, in order, never on the loop's thread. */
interface ShimOwner {
  void containerExited(String sandboxId, ContainerExited exit);

  /**
   * The limits of a running container's log have left output out.
   *
   * @param bytes since the container's start
   */
  void logLeftOut(String sandboxId, String containerId, long bytes);

  /** A pod uses the shim to start a container. */
  void used();

  /** Counts the sleeps of the owner's shims. */
  SleepCounts sleepCounts();

  /**
   * The shim has ended.
   *
   * @param sandboxId the pod's; null: the shim was a spare
   * @param expected whether the shim was asked to end
   */
  void shimEnded(ShimClient shim, @Nullable String sandboxId, boolean expected);
}
