package io.jukung.engine.usage;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.engine.container.Fields;
import io.jukung.engine.container.HostResources;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;

/** {@code POST /containers/ID/update}: changes limits. One that is zero stays. */
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
    fields.requireNoOther();
    if (!Lookup.isOwn(container)) {
      throw HttpError.conflict(
          "container "
              + container.getId()
              + " was made by kubelet or another client of CRI, which alone changes its limits");
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
    exchange.sendJson(200, Json.object().set("Warnings", Json.array()));
  }
}
