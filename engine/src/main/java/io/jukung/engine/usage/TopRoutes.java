package io.jukung.engine.usage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.TopProcess;
import io.jukung.client.v1.TopRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.util.List;

/** {@code GET /containers/ID/top}: the processes of a container, as ps(1) shows them. */
public final class TopRoutes {
  private final Daemon daemon;
  private final Lookup lookup;

  public TopRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router.get("/containers/{id}/top", this::top);
  }

  private void top(Exchange exchange) throws IOException {
    List<ProcessColumn> columns =
        ProcessColumn.parse(exchange.query().text("ps_args").orElse("-ef"));
    Container container = lookup.container(exchange.parameter("id"));
    if (container.getState() != ContainerState.CONTAINER_RUNNING) {
      throw HttpError.conflict("container " + container.getId() + " is not running");
    }
    ObjectNode answer = Json.object();
    answer.set("Titles", Json.texts(columns.stream().map(ProcessColumn::title).toList()));
    ArrayNode processes = answer.putArray("Processes");
    for (TopProcess each :
        daemon
            .containers()
            .top(TopRequest.newBuilder().setContainerId(container.getId()).build())
            .getProcessesList()) {
      processes.add(Json.texts(columns.stream().map(column -> column.of(each)).toList()));
    }
    exchange.sendJson(200, answer);
  }
}
