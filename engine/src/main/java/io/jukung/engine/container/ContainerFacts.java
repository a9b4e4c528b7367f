package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.PortsRequest;
import io.jukung.client.v1.PublishedPort;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.http.Json;
import java.util.List;

/**
 * What the daemon says of one container at one moment.
 *
 * @param details the daemon's own record and the OCI specification
 */
record ContainerFacts(
    Container container,
    ContainerStatus status,
    JsonNode details,
    Condition condition,
    PodSandboxStatus pod,
    List<PublishedPort> ports,
    DockerRecord docker) {

  /** Asks the daemon. A container that is removed meanwhile is an error of the daemon. */
  static ContainerFacts of(Daemon daemon, Container container) {
    ContainerStatusResponse response = daemon.details(container.getId());
    ContainerStatus status = response.getStatus();
    boolean running = status.getState() == ContainerState.CONTAINER_RUNNING;
    return new ContainerFacts(
        container,
        status,
        Json.parse(response.getInfoOrDefault("info", "{}")),
        daemon
            .containers()
            .conditions(ConditionsRequest.newBuilder().setContainerId(container.getId()).build())
            .getConditionsList()
            .stream()
            .findFirst()
            .orElse(Condition.getDefaultInstance()),
        daemon.pod(container.getPodSandboxId()).orElse(PodSandboxStatus.getDefaultInstance()),
        running ? ports(daemon, container.getId()) : List.of(),
        DockerRecord.of(container.getAnnotationsMap()));
  }

  private static List<PublishedPort> ports(Daemon daemon, String id) {
    return daemon
        .containers()
        .ports(PortsRequest.newBuilder().setContainerId(id).build())
        .getPortsList();
  }

  boolean isRunning() {
    return status.getState() == ContainerState.CONTAINER_RUNNING;
  }

  /** Docker's word for the state. */
  String state() {
    return switch (status.getState()) {
      case CONTAINER_CREATED -> "created";
      case CONTAINER_RUNNING -> condition.getPaused() ? "paused" : "running";
      case CONTAINER_EXITED -> "exited";
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "dead";
    };
  }

  JsonNode process() {
    return details.path("runtimeSpec").path("process");
  }

  boolean hasHostNetwork() {
    return pod.getLinux().getNamespaces().getOptions().getNetwork()
        == io.jukung.cri.v1.NamespaceMode.NODE;
  }
}
