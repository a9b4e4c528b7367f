package io.jukung.engine.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.engine.daemon.Daemon;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Keeps the pods of new containers ready for a while: a client that makes a container mostly
 * attaches to it and starts it next, and its pod need not be made twice. A pod whose container is
 * not started in this time is stopped, so that it holds no address and no port. If the engine ends
 * before, the pod stays ready until its container is started or removed. Thread-safe.
 */
public final class Readiness {
  /** As long as a client may take between the two requests. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Daemon daemon;
  private final Consumer<String> log;

  /** The users of a ready container, by its ID. */
  private final Map<String, Integer> users = new ConcurrentHashMap<>();

  /**
   * @param log gets a line for each pod that could not be stopped
   */
  public Readiness(Daemon daemon, Consumer<String> log) {
    this.daemon = daemon;
    this.log = log;
  }

  /** Says that a container was made in a ready pod. */
  void made(String containerId, String podId) {
    Thread.ofVirtual().name("rest").start(() -> restLater(containerId, podId));
  }

  /**
   * Runs something that needs the container to stay ready, such as a client that is attached before
   * the start.
   */
  public void whileUsed(String containerId, IoAction action)
      throws java.io.IOException, InterruptedException {
    users.merge(containerId, 1, Integer::sum);
    try {
      action.run();
    } finally {
      users.computeIfPresent(containerId, (_, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Something that may fail. */
  public interface IoAction {
    void run() throws java.io.IOException, InterruptedException;
  }

  private void restLater(String containerId, String podId) {
    try {
      do {
        Thread.sleep(PATIENCE);
      } while (users.containsKey(containerId));
      Optional<ContainerStatus> status = daemon.status(containerId);
      if (status.isPresent() && status.get().getState() == ContainerState.CONTAINER_CREATED) {
        var _ =
            daemon
                .runtime(Daemon.CHANGE)
                .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(podId).build());
      }
    } catch (StatusRuntimeException e) {
      log.accept("the pod of the new container " + containerId + " was not stopped: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
