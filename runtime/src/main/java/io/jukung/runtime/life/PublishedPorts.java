package io.jukung.runtime.life;

import io.jukung.client.v1.PortsRequest;
import io.jukung.client.v1.PortsResponse;
import io.jukung.client.v1.PublishedPort;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import io.jukung.runtime.store.SandboxStore;

/** Lists the ports of the node that lead to a container's pod. */
public final class PublishedPorts {
  private final OwnContainers containers;
  private final SandboxStore sandboxes;

  public PublishedPorts(OwnContainers containers, SandboxStore sandboxes) {
    this.containers = containers;
    this.sandboxes = sandboxes;
  }

  /** Answers in the order in which the pod's maker has named the ports. */
  public PortsResponse call(PortsRequest request) {
    Container container = containers.get(request.getContainerId());
    PortsResponse.Builder response = PortsResponse.newBuilder();
    for (PortMapping each :
        sandboxes.get(container.record().sandboxId()).record().config().portMappings()) {
      if (each.hostPort() != 0) {
        response.addPorts(port(each));
      }
    }
    return response.build();
  }

  private static PublishedPort port(PortMapping mapping) {
    return PublishedPort.newBuilder()
        .setContainerPort(mapping.containerPort())
        .setProtocol(mapping.protocol())
        .setHostIp(mapping.hostIp())
        .setHostPort(mapping.hostPort())
        .build();
  }
}
