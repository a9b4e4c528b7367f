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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A container at one moment: what the daemon says of it, and docker's words for what a client has
 * asked for.
 */
record ContainerView(Container container, ContainerFacts facts, DockerRecord docker) {
  /**
   * How many containers the daemon is asked about at once: it answers on two processors or more.
   */
  private static final int AT_ONCE = 4;

  /**
   * Asks the daemon about containers, a few at a time. Those that are gone since they were listed
   * are left out.
   */
  static List<ContainerView> findAll(Daemon daemon, List<Container> containers, NodeFacts node)
      throws InterruptedException {
    List<ContainerView> views = new ArrayList<>();
    try (ExecutorService asking =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().name("list").factory())) {
      List<Callable<Optional<ContainerView>>> questions = new ArrayList<>();
      containers.forEach(each -> questions.add(() -> find(daemon, each, node)));
      for (Future<Optional<ContainerView>> each : asking.invokeAll(questions)) {
        each.get().ifPresent(views::add);
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    return views;
  }

  /** As {@link #of}; empty if the container was removed since it was listed. */
  private static Optional<ContainerView> find(Daemon daemon, Container container, NodeFacts node) {
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
