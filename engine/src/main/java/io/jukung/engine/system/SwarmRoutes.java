package io.jukung.engine.system;

import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Handler;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.util.List;

/** What an engine answers that is no part of a swarm and has no plugins. */
public final class SwarmRoutes {
  private SwarmRoutes() {}

  public static void addTo(Router router) {
    router.get("/plugins", exchange -> exchange.sendJson(200, Json.array()));
    for (String path : List.of("/plugins/{name}/json")) {
      router.get(path, SwarmRoutes::noPlugin);
    }
    router.delete("/plugins/{name}", SwarmRoutes::noPlugin);
    for (String word : List.of("enable", "disable", "upgrade", "push", "set")) {
      router.post("/plugins/{name}/" + word, SwarmRoutes::noPlugin);
    }
    router
        .get("/plugins/privileges", noPlugins())
        .post("/plugins/pull", noPlugins())
        .post("/plugins/create", noPlugins())
        .put("/volumes/{id}", SwarmRoutes::noSwarm) // changes a volume of the cluster
        .get("/swarm", SwarmRoutes::noSwarm)
        .post("/swarm/init", noSwarmHere())
        .post("/swarm/join", noSwarmHere())
        .post("/swarm/leave", SwarmRoutes::noSwarm)
        .post("/swarm/update", SwarmRoutes::noSwarm)
        .get("/swarm/unlockkey", SwarmRoutes::noSwarm)
        .post("/swarm/unlock", SwarmRoutes::noSwarm);
    for (String kind : List.of("nodes", "services", "tasks", "secrets", "configs")) {
      String one = "/" + kind + "/{id}";
      router
          .get("/" + kind, SwarmRoutes::noSwarm)
          .post("/" + kind + "/create", SwarmRoutes::noSwarm)
          .get(one, SwarmRoutes::noSwarm)
          .delete(one, SwarmRoutes::noSwarm)
          .post(one + "/update", SwarmRoutes::noSwarm)
          .get(one + "/logs", SwarmRoutes::noSwarm);
    }
  }

  private static void noPlugin(Exchange exchange) throws IOException {
    throw HttpError.notFound("plugin \"" + exchange.parameter("name") + "\" not found");
  }

  private static Handler noPlugins() {
    return _ -> {
      throw HttpError.notImplemented("a plugin of docker");
    };
  }

  private static Handler noSwarmHere() {
    return _ -> {
      throw HttpError.notImplemented("a swarm");
    };
  }

  private static void noSwarm(Exchange exchange) throws IOException {
    throw new HttpError(
        503,
        "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to"
            + " connect this node to swarm and try again.");
  }
}
