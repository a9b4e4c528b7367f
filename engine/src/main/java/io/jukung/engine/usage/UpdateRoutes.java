package io.jukung.engine.usage;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.client.v1.SetRestartPolicyRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.DockerRecord;
import io.jukung.engine.request.Fields;
import io.jukung.engine.request.HostResources;
import io.jukung.engine.request.RestartPolicies;
import java.io.IOException;
import java.util.Optional;

/**
 * {@code POST /containers/ID/update}: changes limits and the restart policy. A limit that is zero
 * stays.
 */
public final class UpdateRoutes {
  private final Daemon daemon;
  private final Lookup lookup;

  public UpdateRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router.post("/containers/{id}/update", this::update);
  }

  private void update(Exchange exchange) throws IOException {
    JsonNode body = exchange.json();
    Container container = lookup.container(exchange.parameter("id"));
    Fields fields = new Fields("the request", body);
    LinuxContainerResources limits = HostResources.limits(fields);
    Optional<String> restart = RestartPolicies.read(fields);
    fields.requireNoOther();
    if (!Lookup.isOwn(container)) {
      throw HttpError.conflict(
          "container "
              + container.getId()
              + " was made by kubelet or another client of CRI, which alone changes its limits");
    }
    if (restart.isPresent() && DockerRecord.isRemovedAtItsEnd(container)) {
      throw HttpError.badRequest(
          "Restart policy cannot be updated because AutoRemove is enabled for the container");
    }
    if (!limits.equals(LinuxContainerResources.getDefaultInstance())) {
      var _ =
          daemon
              .runtime(Daemon.CHANGE)
              .updateContainerResources(
                  UpdateContainerResourcesRequest.newBuilder()
                      .setContainerId(container.getId())
                      .setLinux(limits)
                      .build());
    }
    restart.ifPresent(policy -> setPolicy(container, policy));
    exchange.sendJson(200, Json.object().set("Warnings", Json.array()));
  }

  private void setPolicy(Container container, String policy) {
    var _ =
        daemon
            .containers()
            .setRestartPolicy(
                SetRestartPolicyRequest.newBuilder()
                    .setContainerId(container.getId())
                    .setPolicy(policy)
                    .build());
  }
}
