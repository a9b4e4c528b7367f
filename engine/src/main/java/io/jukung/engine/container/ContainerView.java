package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.PublishedPort;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.cri.docker.ContainerLabels;
import io.jukung.cri.docker.NodeFacts;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.request.DockerRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container at one moment: what the daemon says of it, and docker's words for what a client has
 * asked for.
 */
record ContainerView(Container container, ContainerFacts facts, DockerRecord docker) {
  /** As {@link #of}; empty if the container was removed since it was listed. */
  static Optional<ContainerView> find(Daemon daemon, Container container, NodeFacts node) {
    try {
      return Optional.of(of(daemon, container, node));
    } catch (StatusRuntimeException e) {
      if (DaemonStatus.isNotFound(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Asks the daemon. A container that is removed meanwhile is an error of the daemon. */
  static ContainerView of(Daemon daemon, Container container, NodeFacts node) {
    return new ContainerView(
        container,
        daemon.facts(container.getId(), node),
        DockerRecord.of(container.getAnnotationsMap()));
  }

  ContainerStatus status() {
    return facts.status();
  }

  String name() {
    return Lookup.name(container);
  }

  boolean isRunning() {
    return status().getState() == ContainerState.CONTAINER_RUNNING;
  }

  /** Whether the container has ended and the daemon is about to start it again. */
  boolean isRestarting() {
    return state().equals("restarting");
  }

  /** Docker's word for the state. */
  String state() {
    return ContainerJson.word(status().getState(), facts.condition());
  }

  /** The labels without those by which jukung knows its containers. */
  Map<String, String> labels() {
    return ContainerLabels.of(container.getLabelsMap(), facts.image());
  }

  /** The ports of the node that lead to the container now. */
  List<PublishedPort> ports() {
    return isRunning() ? facts.ports() : List.of();
  }

  /** The words of the first process. */
  List<String> command() {
    return facts.spec().path("process").path("args").valueStream().map(JsonNode::asText).toList();
  }
}
