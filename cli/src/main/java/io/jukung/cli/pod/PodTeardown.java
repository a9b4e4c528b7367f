package io.jukung.cli.pod;

import io.jukung.cli.command.Connection;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;

/** Stops and removes pods. */
public final class PodTeardown {
  private PodTeardown() {}

  public static void stop(Connection connection, String podId) {
    connection
        .runtime(Connection.CHANGE)
        .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(podId).build());
  }

  /** Stops a pod and removes it with its containers. */
  public static void remove(Connection connection, String podId) {
    stop(connection, podId);
    connection
        .runtime(Connection.CHANGE)
        .removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(podId).build());
  }
}
