package io.jukung.engine.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ConnectNetworkRequest;
import io.jukung.client.v1.DisconnectNetworkRequest;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.RemoveNetworkRequest;
import io.jukung.cri.docker.NetworkJson;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.EndpointOptions;
import io.jukung.engine.request.Fields;
import io.jukung.engine.request.Filters;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Networks: bridge, host and none, which each node has, and those that users make. */
public final class NetworkRoutes {
  private static final Set<String> FILTERS =
      Set.of("dangling", "driver", "id", "label", "label!", "name", "scope", "type");
  private static final Set<String> PRUNE_FILTERS = Set.of("label", "label!", "until");

  private final Daemon daemon;
  private final Lookup lookup;

  public NetworkRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router
        .get("/networks", this::list)
        .get("/networks/{id}", this::inspect)
        .post("/networks/create", this::create)
        .post("/networks/prune", this::prune)
        .post("/networks/{id}/connect", this::connect)
        .post("/networks/{id}/disconnect", this::disconnect)
        .delete("/networks/{id}", this::remove);
  }

  private List<Network> networks() {
    return daemon
        .networks()
        .listNetworks(ListNetworksRequest.getDefaultInstance())
        .getNetworksList();
  }

  private Network named(Exchange exchange) {
    return lookup.network(exchange.parameter("id"));
  }

  private void list(Exchange exchange) throws IOException {
    Filters filters = new Filters(exchange.query().json("filters"), FILTERS);
    ArrayNode list = Json.array();
    for (Network each : networks()) {
      if (fits(each, filters)) {
        list.add(NetworkJson.withoutContainers(each));
      }
    }
    exchange.sendJson(200, list);
  }

  private static boolean fits(Network network, Filters filters) {
    return filters.fitsExpression("name", network.getName())
        && filters.fitsExpression("id", network.getId())
        && filters.fits("driver", network.getDriver()::equals)
        && filters.fits("scope", "local"::equals)
        && filters.fits("type", type -> isOfType(network, type))
        && filters.fitsTruth("dangling", isUnused(network))
        && filters.fitsLabels(network.getLabelsMap());
  }

  private static boolean isOfType(Network network, String type) {
    return switch (type) {
      case "builtin" -> network.getPredefined();
      case "custom" -> !network.getPredefined();
      default -> throw Filters.invalid("type", type);
    };
  }

  private static boolean isUnused(Network network) {
    return !network.getPredefined() && network.getEndpointsCount() == 0;
  }

  private void inspect(Exchange exchange) throws IOException {
    String scope = exchange.query().text("scope").orElse("local");
    if (!scope.equals("local")) {
      throw HttpError.notFound("network " + exchange.parameter("id") + " not found");
    }
    exchange.sendJson(200, NetworkJson.of(named(exchange)));
  }

  private void create(Exchange exchange) throws IOException {
    Network made =
        daemon.networks().createNetwork(NewNetwork.request(exchange.json())).getNetwork();
    exchange.sendJson(201, Json.object().put("Id", made.getId()).put("Warning", ""));
  }

  private void connect(Exchange exchange) throws IOException {
    Fields body = new Fields("the request", exchange.json());
    String container = body.text("Container");
    EndpointOptions options = EndpointOptions.of(body.object("EndpointConfig"));
    body.requireNoOther();
    var _ =
        daemon
            .networks()
            .connectNetwork(
                ConnectNetworkRequest.newBuilder()
                    .setNetwork(named(exchange).getId())
                    .setContainerId(lookup.container(container).getId())
                    .addAllAliases(options.aliases())
                    .putAllLinks(options.links())
                    .setIp(options.ip())
                    .setIp6(options.ip6())
                    .setMac(options.mac())
                    .build());
    exchange.sendEmpty(200);
  }

  private void disconnect(Exchange exchange) throws IOException {
    JsonNode body = exchange.json();
    // Force is about a network whose state docker has lost, which the daemon does not do.
    Fields fields = new Fields("the request", body).without("Force");
    String container = fields.text("Container");
    fields.requireNoOther();
    var _ =
        daemon
            .networks()
            .disconnectNetwork(
                DisconnectNetworkRequest.newBuilder()
                    // A container may be in a network that was removed while it did not run.
                    .setNetwork(exchange.parameter("id"))
                    .setContainerId(lookup.container(container).getId())
                    .build());
    exchange.sendEmpty(200);
  }

  private void remove(Exchange exchange) throws IOException {
    Network network = named(exchange);
    if (network.getPredefined()) {
      throw new HttpError(
          403, network.getName() + " is a pre-defined network and cannot be removed");
    }
    try {
      remove(network);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION) {
        throw new HttpError(403, DaemonStatus.message(e)); // as docker answers for one in use
      }
      throw e;
    }
    exchange.sendEmpty(204);
  }

  private void remove(Network network) {
    var _ =
        daemon
            .networks()
            .removeNetwork(RemoveNetworkRequest.newBuilder().setNetwork(network.getId()).build());
  }

  private void prune(Exchange exchange) throws IOException {
    Filters filters = new Filters(exchange.query().json("filters"), PRUNE_FILTERS);
    Instant until = filters.until().orElse(Instant.MAX);
    ObjectNode answer = Json.object();
    ArrayNode removed = answer.putArray("NetworksDeleted");
    for (Network each : networks()) {
      Instant created = Instant.ofEpochSecond(0, each.getCreatedAt());
      if (isUnused(each)
          && created.isBefore(until)
          && filters.fitsLabels(each.getLabelsMap())
          && removeUnlessUsed(each)) {
        removed.add(each.getName());
      }
    }
    if (removed.isEmpty()) {
      answer.putNull("NetworksDeleted");
    }
    exchange.sendJson(200, answer);
  }

  /** Removes a network, unless a container runs in it or it was removed since it was listed. */
  private boolean removeUnlessUsed(Network network) {
    try {
      remove(network);
      return true;
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code != Status.Code.FAILED_PRECONDITION && code != Status.Code.NOT_FOUND) {
        throw e;
      }
      return false;
    }
  }
}
