package io.jukung.engine.network;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.container.Filters;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Handler;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * Networks. There are the two that each node has: the one that CNI makes for pods, and the node's
 * own. The daemon has no calls yet to make others.
 */
public final class NetworkRoutes {
  private static final Set<String> FILTERS =
      Set.of("dangling", "driver", "id", "label", "name", "scope", "type");
  private static final List<String> NETWORKS = List.of("bridge", "host");

  private NetworkRoutes() {}

  public static void addTo(Router router) {
    router
        .get("/networks", NetworkRoutes::list)
        .get("/networks/{id}", NetworkRoutes::inspect)
        .post("/networks/create", refused("networks other than bridge and host"))
        .post("/networks/prune", NetworkRoutes::prune)
        .post("/networks/{id}/connect", refused("connecting a container to a network"))
        .post("/networks/{id}/disconnect", refused("disconnecting a container from a network"))
        .delete("/networks/{id}", NetworkRoutes::remove);
  }

  private static Handler refused(String what) {
    return _ -> {
      throw HttpError.notImplemented(what);
    };
  }

  private static void list(Exchange exchange) throws IOException {
    Filters filters = new Filters(exchange.query().json("filters"), FILTERS);
    ArrayNode list = Json.array();
    for (String each : NETWORKS) {
      if (filters.fits("name", each::contains)
          && filters.fits("id", each::startsWith)
          && filters.fits("driver", each::equals)
          && filters.fits("scope", "local"::equals)
          && filters.fits("type", "builtin"::equals)
          && !filters.has("label")
          && filters.fits("dangling", text -> !text.equals("true") && !text.equals("1"))) {
        list.add(json(each));
      }
    }
    exchange.sendJson(200, list);
  }

  private static void inspect(Exchange exchange) throws IOException {
    exchange.sendJson(200, json(named(exchange)));
  }

  private static String named(Exchange exchange) {
    String name = exchange.parameter("id");
    if (!NETWORKS.contains(name)) {
      throw HttpError.notFound("network " + name + " not found");
    }
    return name;
  }

  private static ObjectNode json(String name) {
    ObjectNode json = Json.object();
    json.put("Name", name).put("Id", name).put("Created", "0001-01-01T00:00:00Z");
    json.put("Scope", "local").put("Driver", name).put("EnableIPv4", true);
    json.put("EnableIPv6", false);
    json.putObject("IPAM").put("Driver", "default").putNull("Options").putArray("Config");
    json.put("Internal", false).put("Attachable", false).put("Ingress", false);
    json.putObject("ConfigFrom").put("Network", "");
    json.put("ConfigOnly", false);
    json.putObject("Containers");
    json.putObject("Options");
    json.putObject("Labels");
    return json;
  }

  private static void remove(Exchange exchange) {
    throw new HttpError(403, named(exchange) + " is a pre-defined network and cannot be removed");
  }

  private static void prune(Exchange exchange) throws IOException {
    ObjectNode answer = Json.object();
    answer.putNull("NetworksDeleted");
    exchange.sendJson(200, answer);
  }
}
