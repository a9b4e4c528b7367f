package io.jukung.runtime.life;

import io.jukung.client.v1.StartRequest;
import io.jukung.client.v1.StartResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts containers of jukung's own that are CREATED or EXITED, with their pods. A container that
 * ran before keeps its id, its name and its writable layer. Thread-safe.
 *
 * <p>What a crash of the daemon leaves at each step is a state that this starts from again:
 *
 * <pre>
 *   pod made again (NOT_READY on disk until all of it is there)
 *     → exit.json deleted → status CREATED → the start of any container
 * </pre>
 */
public final class StartAgain {
  private static final Logger LOG = LoggerFactory.getLogger(StartAgain.class);

  private final OwnContainers containers;
  private final SandboxStore sandboxes;
  private final ContainerImages images;
  private final PodRevival pods;
  private final ContainerStarter starter;
  private final PodRest rest;
  private final NamedLocks lives;
  private final Restarts restarts;
  private final SingleFlight<String, String, String> flights = new SingleFlight<>("Start");

  /**
   * @param lives held while a container is started or its pod put to rest, by container id; shared
   *     with {@code rest}
   */
  public StartAgain(
      OwnContainers containers,
      SandboxStore sandboxes,
      ContainerImages images,
      PodRevival pods,
      ContainerStarter starter,
      PodRest rest,
      NamedLocks lives,
      Restarts restarts) {
    this.containers = containers;
    this.sandboxes = sandboxes;
    this.images = images;
    this.pods = pods;
    this.starter = starter;
    this.rest = rest;
    this.lives = lives;
    this.restarts = restarts;
  }

  /** Starts the container. The start of a container that runs is a no-op. */
  public StartResponse call(StartRequest request) throws IOException, InterruptedException {
    Container container = containers.own("Start", request.getContainerId());
    restarts.starting(container);
    restart(container);
    return StartResponse.getDefaultInstance();
  }

  /** Starts the container as {@link #call} does, for its restart policy. */
  public void restart(Container container) throws IOException, InterruptedException {
    if (!container.status().mayRun()) {
      flights.forget(container.id()); // of an earlier run
    }
    flights.join(container.id(), container.id(), () -> run(container));
  }

  private String run(Container container) throws IOException, InterruptedException {
    String id = container.id();
    try (NamedLocks.Held _ = lives.acquire(id)) {
      if (container.status().mayRun()) {
        return id;
      }
      Sandbox sandbox = sandboxes.get(container.record().sandboxId());
      starter.forget(container);
      if (container.status().isCreated() && sandbox.isReady()) {
        starter.start(container);
        return id;
      }
      requireCleanedUp(container);
      // The layers of the image are not mounted any more if the node was restarted since.
      var _ = images.acquire(container.record().imageId(), id);
      pods.revive(sandbox);
      startIn(sandbox, container);
    }
    return id;
  }

  /** The cgroup of the last run must be gone: its removal would kill the next run. */
  private static void requireCleanedUp(Container container) throws InterruptedException {
    if (!container.awaitCleanUp(PodCgroups.REMOVE_WAIT)) {
      throw new CriException(
          ErrorKind.UNAVAILABLE,
          "start of container "
              + container.id()
              + ": what its last run has left is not removed yet, try again later");
    }
  }

  private void startIn(Sandbox sandbox, Container container)
      throws IOException, InterruptedException {
    boolean started = false;
    try {
      if (container.status().isExited()) {
        container.renew();
      }
      starter.start(container);
      started = true;
    } finally {
      if (!started) {
        LOG.info("container {}: its start failed, and its pod is stopped again", container.id());
        rest.stop(sandbox);
      }
    }
  }
}
