package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.KillRequest;
import io.jukung.client.v1.PauseRequest;
import io.jukung.client.v1.RenameRequest;
import io.jukung.client.v1.StartRequest;
import io.jukung.client.v1.UnpauseRequest;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.DockerRecord;
import io.jukung.engine.request.Filters;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** The life of containers: made, started, stopped, waited for, removed. */
public final class ContainerRoutes {
  private static final Duration LOOK = Duration.ofMillis(50);

  private final Daemon daemon;
  private final Lookup lookup;
  private final EventHub events;
  private final Removal removal;
  private final ContainerMaker maker;

  /**
   * @param logs the directory in which each new container gets one for its log
   */
  public ContainerRoutes(
      Daemon daemon,
      Lookup lookup,
      EventHub events,
      Removal removal,
      Readiness readiness,
      Path logs) {
    this.daemon = daemon;
    this.lookup = lookup;
    this.events = events;
    this.removal = removal;
    this.maker = new ContainerMaker(daemon, lookup, removal, readiness, logs);
  }

  public void addTo(Router router) {
    router
        .get("/containers/json", new ContainerList(daemon, lookup)::handle)
        .post("/containers/create", this::create)
        .post("/containers/prune", this::prune)
        .get("/containers/{id}/json", this::inspect)
        .post("/containers/{id}/start", this::start)
        .post("/containers/{id}/stop", this::stop)
        .post("/containers/{id}/restart", this::restart)
        .post("/containers/{id}/kill", this::kill)
        .post("/containers/{id}/rename", this::rename)
        .post("/containers/{id}/pause", this::pause)
        .post("/containers/{id}/unpause", this::unpause)
        .post("/containers/{id}/wait", this::await)
        .delete("/containers/{id}", this::remove);
  }

  private Container named(Exchange exchange) {
    return lookup.container(exchange.parameter("id"));
  }

  private void create(Exchange exchange) throws IOException {
    String name = exchange.query().text("name").orElse("");
    String platform = exchange.query().text("platform").orElse("");
    String id = maker.make(name, exchange.json(), platform);
    ObjectNode answer = Json.object().put("Id", id);
    answer.putArray("Warnings");
    exchange.sendJson(201, answer);
  }

  private void inspect(Exchange exchange) throws IOException {
    ContainerView view = ContainerView.of(daemon, named(exchange), daemon.nodeFacts());
    ObjectNode json = InspectJson.of(view);
    if (exchange.query().flag("size", false)) {
      ContainerSizes.of(daemon, lookup).putInto(json, view);
    }
    exchange.sendJson(200, json);
  }

  private void start(Exchange exchange) throws IOException {
    Container container = named(exchange);
    if (isRunning(container)) {
      exchange.sendEmpty(304);
      return;
    }
    try {
      start(container);
    } catch (StatusRuntimeException e) {
      if (DockerRecord.isRemovedAtItsEnd(container)) {
        removal.remove(container, /* withVolumes= */ true);
      }
      throw e;
    }
    exchange.sendEmpty(204);
  }

  private void start(Container container) {
    var _ =
        daemon
            .containers()
            .start(StartRequest.newBuilder().setContainerId(container.getId()).build());
  }

  private static boolean isRunning(Container container) {
    return container.getState() == ContainerState.CONTAINER_RUNNING;
  }

  private void stop(Exchange exchange) throws IOException, InterruptedException {
    Container container = named(exchange);
    if (!isRunning(container) && !mayRestart(container)) {
      exchange.sendEmpty(304);
      return;
    }
    requireOwn(container, "jukung stop");
    stop(container, exchange);
    restPod(container);
    exchange.sendEmpty(204);
  }

  /**
   * Refuses to change a container of kubelet.
   *
   * @param way the command that does it all the same
   */
  private static void requireOwn(Container container, String way) {
    if (!Lookup.isOwn(container)) {
      throw HttpError.conflict(
          "container "
              + container.getId()
              + " was made by kubelet or another client of CRI, use \""
              + way
              + "\" to change it all the same");
    }
  }

  /** Whether the container has ended and perhaps waits for its restart, which a stop forbids. */
  private static boolean mayRestart(Container container) {
    return container.getState() == ContainerState.CONTAINER_EXITED
        && Lookup.isOwn(container)
        && container.containsAnnotations(OwnContainers.RESTART);
  }

  /** A container that does not run holds neither an address nor ports. */
  private void restPod(Container container) {
    try {
      var _ =
          daemon
              .runtime(Daemon.CHANGE)
              .stopPodSandbox(
                  StopPodSandboxRequest.newBuilder()
                      .setPodSandboxId(container.getPodSandboxId())
                      .build());
    } catch (StatusRuntimeException e) {
      if (!DaemonStatus.isNotFound(e)) { // AutoRemove may have been quicker
        throw e;
      }
    }
  }

  private void stop(Container container, Exchange exchange) throws InterruptedException {
    String options = container.getAnnotationsOrDefault(OwnContainers.OPTIONS, "{}");
    long own = Json.parse(options).path("stopTimeoutSeconds").asLong(OwnContainers.STOP_SECONDS);
    // A negative time is for ever, which the daemon does not have.
    long asked = exchange.query().number("t").orElse(own);
    long grace = asked < 0 ? Integer.MAX_VALUE : asked;
    Optional<String> signal = exchange.query().text("signal");
    if (signal.isPresent() && isRunning(container)) {
      signal(container, signal.get(), /* stops= */ true);
      long deadline = System.nanoTime() + Duration.ofSeconds(grace).toNanos();
      while (runsStill(container) && System.nanoTime() - deadline < 0) {
        Thread.sleep(LOOK);
      }
      grace = 0;
    }
    try {
      var _ =
          daemon
              .runtime(Daemon.CHANGE.plus(Duration.ofSeconds(grace)))
              .stopContainer(
                  StopContainerRequest.newBuilder()
                      .setContainerId(container.getId())
                      .setTimeout(grace)
                      .build());
    } catch (StatusRuntimeException e) {
      if (!DaemonStatus.isNotFound(e)) { // AutoRemove may have been quicker
        throw e;
      }
    }
  }

  private boolean runsStill(Container container) {
    return daemon
        .status(container.getId())
        .filter(each -> each.getState() == ContainerState.CONTAINER_RUNNING)
        .isPresent();
  }

  private void signal(Container container, String signal, boolean stops) {
    var _ =
        daemon
            .containers()
            .kill(
                KillRequest.newBuilder()
                    .setContainerId(container.getId())
                    .setSignal(signal)
                    .setStops(stops)
                    .build());
  }

  private void restart(Exchange exchange) throws IOException, InterruptedException {
    Container container = named(exchange);
    if (!Lookup.isOwn(container)) {
      throw HttpError.conflict(
          "container "
              + container.getId()
              + " was made by kubelet or another client, which alone starts it");
    }
    if (isRunning(container)) {
      stop(container, exchange);
    }
    start(container);
    exchange.sendEmpty(204);
  }

  private void kill(Exchange exchange) throws IOException {
    Container container = named(exchange);
    if (!isRunning(container)) {
      throw HttpError.conflict(
          "cannot kill container: "
              + exchange.parameter("id")
              + ": container "
              + container.getId()
              + " is not running");
    }
    signal(container, exchange.query().text("signal").orElse(""), /* stops= */ false);
    exchange.sendEmpty(204);
  }

  private void rename(Exchange exchange) throws IOException {
    String name = exchange.query().text("name").orElse("");
    if (name.isEmpty()) {
      throw HttpError.badRequest("Neither old nor new names may be empty");
    }
    var _ =
        daemon
            .containers()
            .rename(
                RenameRequest.newBuilder()
                    .setContainerId(named(exchange).getId())
                    .setName(name.startsWith("/") ? name.substring(1) : name)
                    .build());
    exchange.sendEmpty(204);
  }

  private void pause(Exchange exchange) throws IOException {
    var _ =
        daemon
            .containers()
            .pause(PauseRequest.newBuilder().setContainerId(named(exchange).getId()).build());
    exchange.sendEmpty(204);
  }

  private void unpause(Exchange exchange) throws IOException {
    var _ =
        daemon
            .containers()
            .unpause(UnpauseRequest.newBuilder().setContainerId(named(exchange).getId()).build());
    exchange.sendEmpty(204);
  }

  private void await(Exchange exchange) throws IOException, InterruptedException {
    EndWait.Condition condition =
        EndWait.Condition.of(exchange.query().text("condition").orElse(""));
    Container container = named(exchange);
    ContainerStatus first =
        daemon
            .status(container.getId())
            .orElseThrow(
                () -> HttpError.notFound("No such container: " + exchange.parameter("id")));
    EndWait wait = new EndWait(daemon, events, container.getId(), condition, first);
    // The head is sent now: docker's client starts the container when it has come.
    OutputStream out = exchange.endlessStream(200, "application/json");
    int code = wait.await();
    out.write(Json.line(Json.object().put("StatusCode", code)));
  }

  private void remove(Exchange exchange) throws IOException {
    exchange.query().refuseFlags("link");
    Container container = named(exchange);
    requireOwn(container, "jukung rm"); // also by force: `docker rm -f $(docker ps -aq)` is a habit
    boolean force = exchange.query().flag("force", false);
    if (!force && (isRunning(container) || isRestarting(container))) {
      throw HttpError.conflict(
          "cannot remove container \"/"
              + Lookup.name(container)
              + "\": container is "
              + (isRunning(container) ? "running" : "restarting")
              + ": stop the container before removing or force remove");
    }
    removal.remove(container, exchange.query().flag("v", false));
    exchange.sendEmpty(204);
  }

  /** Whether the container has ended and the daemon is about to start it again. */
  private boolean isRestarting(Container container) {
    return container.containsAnnotations(OwnContainers.RESTART)
        && daemon
            .containers()
            .conditions(ConditionsRequest.newBuilder().setContainerId(container.getId()).build())
            .getConditionsList()
            .stream()
            .anyMatch(Condition::getRestarting);
  }

  private static boolean isOver(ContainerState state) {
    return state == ContainerState.CONTAINER_EXITED || state == ContainerState.CONTAINER_CREATED;
  }

  /**
   * Asks the daemon whether a container that was listed as ended is still there and neither runs
   * again nor waits for its restart.
   */
  private boolean isStillOver(Container container) {
    try {
      return daemon
              .status(container.getId())
              .filter(status -> isOver(status.getState()))
              .isPresent()
          && !isRestarting(container);
    } catch (StatusRuntimeException e) {
      if (DaemonStatus.isNotFound(e)) {
        return false; // removed since the list was made
      }
      throw e;
    }
  }

  private void prune(Exchange exchange) throws IOException {
    Filters filters =
        new Filters(exchange.query().json("filters"), Set.of("label", "label!", "until"));
    Instant until = filters.until().orElse(Instant.MAX);
    ObjectNode answer = Json.object();
    ArrayNode removed = answer.putArray("ContainersDeleted");
    for (Container each : lookup.containers()) {
      boolean old = Instant.ofEpochSecond(0, each.getCreatedAt()).isBefore(until);
      // Kubelet's containers are kubelet's to remove.
      boolean chosen = old && Lookup.isOwn(each) && filters.fitsLabels(each.getLabelsMap());
      if (chosen && isOver(each.getState()) && isStillOver(each)) {
        removal.remove(each, /* withVolumes= */ false);
        removed.add(each.getId());
      }
    }
    exchange.sendJson(200, answer.put("SpaceReclaimed", 0));
  }
}
