package io.jukung.runtime.life;

import io.jukung.client.v1.PauseRequest;
import io.jukung.client.v1.PauseResponse;
import io.jukung.client.v1.UnpauseRequest;
import io.jukung.client.v1.UnpauseResponse;
import io.jukung.cri.CriException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.LogNames;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pauses running containers, and lets them run on. CRI goes on to show a paused container as
 * RUNNING: it has no other word.
 */
public final class PauseContainer {
  private static final Logger LOG = LoggerFactory.getLogger(PauseContainer.class);

  private final OwnContainers containers;
  private final PodCgroups cgroups;
  private final Freezer freezer;

  public PauseContainer(OwnContainers containers, PodCgroups cgroups, Freezer freezer) {
    this.containers = containers;
    this.cgroups = cgroups;
    this.freezer = freezer;
  }

  /** Freezes the processes of the container. On return all of them are frozen. */
  public PauseResponse pause(PauseRequest request) throws IOException, InterruptedException {
    Container container =
        containers.running("Pause", request.getContainerId(), request.getAnyOwner());
    if (!freezer.freeze(cgroup(container))) {
      throw CriException.failedPrecondition(
          "Pause: container " + container.id() + " is paused already");
    }
    LOG.info("container {} paused", LogNames.container(container.record()));
    return PauseResponse.getDefaultInstance();
  }

  /** Lets the processes of the container run on. */
  public UnpauseResponse unpause(UnpauseRequest request) throws IOException {
    Container container =
        containers.running("Unpause", request.getContainerId(), request.getAnyOwner());
    if (!freezer.thaw(cgroup(container))) {
      throw CriException.failedPrecondition(
          "Unpause: container " + container.id() + " is not paused");
    }
    LOG.info("container {} unpaused", LogNames.container(container.record()));
    return UnpauseResponse.getDefaultInstance();
  }

  private Cgroup cgroup(Container container) {
    return cgroups.at(container.record().cgroup());
  }
}
