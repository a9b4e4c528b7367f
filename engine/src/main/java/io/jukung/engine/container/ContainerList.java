package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.docker.NodeFacts;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Json;
import io.jukung.engine.request.Filters;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code GET /containers/json}. */
final class ContainerList {
  private static final Set<String> FILTERS =
      Set.of(
          "ancestor",
          "before",
          "exited",
          "health",
          "id",
          "is-task",
          "label",
          "label!",
          "name",
          "network",
          "publish",
          "since",
          "status",
          "volume");

  /** How many containers are asked about before the list is looked at whether it is long enough. */
  private static final int CHUNK = 16;

  private final Daemon daemon;
  private final Lookup lookup;

  ContainerList(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  void handle(Exchange exchange) throws IOException, InterruptedException {
    Filters filters = new Filters(exchange.query().json("filters"), FILTERS);
    long limit = exchange.query().number("limit").orElse(-1L);
    Optional<ContainerSizes> sizes =
        exchange.query().flag("size", false)
            ? Optional.of(ContainerSizes.of(daemon, lookup))
            : Optional.empty();
    boolean all =
        exchange.query().flag("all", false)
            || limit > 0
            || filters.has("status")
            || filters.has("exited");
    NodeFacts node = daemon.nodeFactsForAll();
    long before = bound(filters, "before", Long.MAX_VALUE);
    long since = bound(filters, "since", Long.MIN_VALUE);
    List<Container> newestFirst =
        lookup.containers().stream()
            .filter(each -> each.getCreatedAt() < before && each.getCreatedAt() > since)
            .filter(each -> all || mayBeActive(each)) // of others not all that is known is asked
            .sorted(Comparator.comparingLong(Container::getCreatedAt).reversed())
            .toList();
    ArrayNode list = Json.array();
    for (int from = 0; from < newestFirst.size(); from += CHUNK) {
      int to = Math.min(from + CHUNK, newestFirst.size());
      for (ContainerView view :
          ContainerView.findAll(daemon, newestFirst.subList(from, to), node)) {
        boolean isWanted = (all || isActive(view)) && fits(view, filters);
        if (isWanted && (limit <= 0 || list.size() < limit)) {
          ObjectNode json = SummaryJson.of(view, Instant.now());
          sizes.ifPresent(known -> known.putInto(json, view));
          list.add(json);
        }
      }
      if (limit > 0 && list.size() == limit) {
        break;
      }
    }
    exchange.sendJson(200, list);
  }

  private long bound(Filters filters, String key, long otherwise) {
    return filters.has(key)
        ? lookup.container(filters.get(key).getFirst()).getCreatedAt()
        : otherwise;
  }

  private static boolean mayBeActive(Container container) {
    return container.getState() == ContainerState.CONTAINER_RUNNING
        || container.containsAnnotations(OwnContainers.RESTART);
  }

  private static boolean isActive(ContainerView view) {
    return view.isRunning() || view.isRestarting();
  }

  private static boolean fits(ContainerView view, Filters filters) {
    return filters.fits("id", view.container().getId()::startsWith)
        && filters.fitsExpression("name", view.name(), "/" + view.name())
        && filters.fits("status", view.state()::equals)
        && filters.fits("exited", each -> exited(view, each))
        && filters.fits("health", each -> health(view).equals(each))
        && filters.fits("ancestor", each -> isAncestor(view, each))
        && filters.fits("volume", each -> mounts(view, each))
        && filters.fits("network", view.facts()::isInNetwork)
        && filters.fits("publish", each -> publishes(view, each))
        && filters.fitsTruth("is-task", false)
        && filters.fitsLabels(view.labels());
  }

  private static boolean exited(ContainerView view, String code) {
    return view.state().equals("exited")
        && code.equals(Integer.toString(view.status().getExitCode()));
  }

  private static String health(ContainerView view) {
    var condition = view.facts().condition();
    return condition.hasHealth() ? condition.getHealth().getStatus() : "none";
  }

  private static boolean isAncestor(ContainerView view, String image) {
    String id = view.status().getImageId();
    String said = view.status().getImage().getUserSpecifiedImage();
    return id.equals(image)
        || id.startsWith("sha256:" + image)
        || ImageNames.withTag(said).equals(ImageNames.withTag(image));
  }

  private static boolean mounts(ContainerView view, String nameOrTarget) {
    return view.status().getMountsList().stream()
        .anyMatch(
            each ->
                each.getContainerPath().equals(nameOrTarget)
                    || view.facts().volumes().stream()
                        .anyMatch(
                            volume ->
                                volume.getMountpoint().equals(each.getHostPath())
                                    && volume.getName().equals(nameOrTarget)));
  }

  private static boolean publishes(ContainerView view, String port) {
    String[] parts = port.split("/", 2);
    return view.ports().stream()
        .anyMatch(
            each ->
                Integer.toString(each.getHostPort()).equals(parts[0])
                    && (parts.length == 1 || each.getProtocol().equals(parts[1])));
  }
}
