package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.Volume;
import io.jukung.cri.v1.Container;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
          "label",
          "name",
          "network",
          "publish",
          "since",
          "status",
          "volume");

  private final Daemon daemon;
  private final Lookup lookup;

  ContainerList(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  void handle(Exchange exchange) throws IOException {
    Filters filters = new Filters(exchange.query().json("filters"), FILTERS);
    long limit = exchange.query().number("limit").orElse(-1L);
    if (exchange.query().flag("size", false)) {
      throw HttpError.notImplemented("the parameter size");
    }
    boolean all =
        exchange.query().flag("all", false)
            || limit > 0
            || filters.has("status")
            || filters.has("exited");
    Map<String, String> volumes = volumes(daemon);
    long before = bound(filters, "before", Long.MAX_VALUE);
    long since = bound(filters, "since", Long.MIN_VALUE);
    List<Container> newestFirst =
        lookup.containers().stream()
            .sorted(Comparator.comparingLong(Container::getCreatedAt).reversed())
            .toList();
    ArrayNode list = Json.array();
    for (Container each : newestFirst) {
      if (limit > 0 && list.size() == limit) {
        break;
      }
      if (each.getCreatedAt() >= before || each.getCreatedAt() <= since) {
        continue;
      }
      Optional<ContainerFacts> facts = facts(each);
      if (facts.isPresent()
          && (all || facts.get().isRunning())
          && fits(facts.get(), filters, volumes)) {
        list.add(ContainerJson.summary(facts.get(), volumes, Clock.systemUTC()));
      }
    }
    exchange.sendJson(200, list);
  }

  private long bound(Filters filters, String key, long otherwise) {
    return filters.has(key)
        ? lookup.container(filters.get(key).getFirst()).getCreatedAt()
        : otherwise;
  }

  private Optional<ContainerFacts> facts(Container container) {
    try {
      return Optional.of(ContainerFacts.of(daemon, container));
    } catch (StatusRuntimeException e) {
      if (DaemonStatus.isNotFound(e)) {
        return Optional.empty(); // removed since the list was made
      }
      throw e;
    }
  }

  /** The names of volumes by their directories. */
  static Map<String, String> volumes(Daemon daemon) {
    Map<String, String> names = new HashMap<>();
    for (Volume each :
        daemon.volumes().listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList()) {
      names.put(each.getMountpoint(), each.getName());
    }
    return names;
  }

  private static boolean fits(ContainerFacts facts, Filters filters, Map<String, String> volumes) {
    String name = Lookup.name(facts.container());
    return filters.fits("id", facts.container().getId()::startsWith)
        && filters.fits("name", each -> matches(each, name))
        && filters.fits("status", facts.state()::equals)
        && filters.fits("exited", each -> exited(facts, each))
        && filters.fits("health", each -> health(facts).equals(each))
        && filters.fits("ancestor", each -> isAncestor(facts, each))
        && filters.fits("volume", each -> mounts(facts, volumes, each))
        && filters.fits("network", each -> each.equals(facts.hasHostNetwork() ? "host" : "bridge"))
        && filters.fits("publish", each -> publishes(facts, each))
        && filters.fitsLabels(ContainerJson.labels(facts));
  }

  /** Docker takes the value for an expression that fits somewhere in the name. */
  private static boolean matches(String expression, String name) {
    try {
      var pattern = java.util.regex.Pattern.compile(expression);
      return pattern.matcher(name).find() || pattern.matcher("/" + name).find();
    } catch (java.util.regex.PatternSyntaxException e) {
      return name.contains(expression);
    }
  }

  private static boolean exited(ContainerFacts facts, String code) {
    return facts.state().equals("exited")
        && code.equals(Integer.toString(facts.status().getExitCode()));
  }

  private static String health(ContainerFacts facts) {
    return facts.condition().hasHealth() ? facts.condition().getHealth().getStatus() : "none";
  }

  private static boolean isAncestor(ContainerFacts facts, String image) {
    String id = facts.status().getImageId();
    String said = facts.status().getImage().getUserSpecifiedImage();
    return id.equals(image)
        || id.startsWith("sha256:" + image)
        || io.jukung.engine.daemon.ImageNames.withTag(said)
            .equals(io.jukung.engine.daemon.ImageNames.withTag(image));
  }

  private static boolean mounts(
      ContainerFacts facts, Map<String, String> volumes, String nameOrTarget) {
    return facts.status().getMountsList().stream()
        .anyMatch(
            each ->
                each.getContainerPath().equals(nameOrTarget)
                    || nameOrTarget.equals(volumes.get(each.getHostPath())));
  }

  private static boolean publishes(ContainerFacts facts, String port) {
    String[] parts = port.split("/", 2);
    return facts.ports().stream()
        .anyMatch(
            each ->
                Integer.toString(each.getHostPort()).equals(parts[0])
                    && (parts.length == 1 || each.getProtocol().equals(parts[1])));
  }
}
