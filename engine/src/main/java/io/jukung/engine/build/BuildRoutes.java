package io.jukung.engine.build;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.CachedStep;
import io.jukung.client.v1.ListBuildCacheRequest;
import io.jukung.client.v1.PruneBuildCacheRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;
import io.jukung.engine.http.Router;
import io.jukung.engine.image.Credentials;
import io.jukung.engine.request.Filters;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Builds as docker's classic builder carries them out, and the cache of builds. */
public final class BuildRoutes {
  private static final Set<String> PRUNE_FILTERS = Set.of("until", "unused-for");

  /** Parameters that keep a part of the cache. Zero keeps nothing, and is accepted. */
  private static final List<String> SPACE =
      List.of("keep-storage", "reserved-space", "max-used-space", "min-free-space");

  private final Daemon daemon;
  private final RunningBuilds running = new RunningBuilds();

  public BuildRoutes(Daemon daemon) {
    this.daemon = daemon;
  }

  public void addTo(Router router) {
    router
        .post("/build", this::build)
        .post("/build/cancel", this::cancel)
        .post("/build/prune", this::prune)
        .post("/session", BuildRoutes::refuseBuildKit)
        .post("/grpc", BuildRoutes::refuseBuildKit);
  }

  private void build(Exchange exchange) throws IOException, InterruptedException {
    BuildOptions options =
        BuildParameters.options(exchange.query())
            .addAllRegistryAuth(Credentials.ofBuild(exchange))
            .build();
    String id = exchange.query().text("buildid").orElse("");
    running.begin(id);
    try {
      new BuildRun(exchange).run(daemon, options);
    } finally {
      running.end(id);
    }
  }

  private void cancel(Exchange exchange) throws IOException {
    running.cancel(
        exchange
            .query()
            .text("id")
            .orElseThrow(() -> HttpError.badRequest("build ID not provided")));
    exchange.sendEmpty(200);
  }

  /** What BuildKit's clients connect by. Docker's client without buildx never does. */
  private static void refuseBuildKit(Exchange exchange) {
    throw HttpError.notImplemented(
        "BuildKit, which docker's client uses unless DOCKER_BUILDKIT=0 is set,");
  }

  private void prune(Exchange exchange) throws IOException {
    Query query = exchange.query();
    query.refuseNumbers(SPACE);
    Filters filters = new Filters(query.json("filters"), PRUNE_FILTERS);
    Duration unused = unused(filters);
    boolean all = query.flag("all", false);
    Set<String> before = keys();
    var removed =
        daemon
            .buildCache()
            .pruneBuildCache(
                PruneBuildCacheRequest.newBuilder()
                    .setUnusedSeconds(unused.toSeconds())
                    .setMounts(all && unused.isZero())
                    .build());
    Set<String> after = keys();
    ArrayNode deleted = Json.texts(before.stream().filter(each -> !after.contains(each)).toList());
    var answer = Json.object();
    answer.set("CachesDeleted", deleted.isEmpty() ? answer.nullNode() : deleted);
    exchange.sendJson(200, answer.put("SpaceReclaimed", removed.getBytes()));
  }

  /** For how long a step must not have been used to be removed. */
  private static Duration unused(Filters filters) {
    Instant now = Instant.now();
    return PRUNE_FILTERS.stream()
        .flatMap(key -> filters.times(key, now).stream())
        .map(time -> Duration.between(time, now))
        .filter(Duration::isPositive)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  private Set<String> keys() {
    return daemon
        .buildCache()
        .listBuildCache(ListBuildCacheRequest.getDefaultInstance())
        .getStepsList()
        .stream()
        .map(CachedStep::getKey)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
