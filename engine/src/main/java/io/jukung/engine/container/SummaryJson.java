package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Health;
import io.jukung.client.v1.PublishedPort;
import io.jukung.engine.http.Json;
import java.time.Duration;
import java.time.Instant;

/** A line of {@code GET /containers/json}. */
final class SummaryJson {
  private SummaryJson() {}

  static ObjectNode of(ContainerView view, Instant now) {
    ObjectNode inspected = InspectJson.of(view);
    ObjectNode json = Json.object();
    json.put("Id", view.container().getId());
    json.putArray("Names").add("/" + view.name());
    json.set("Image", inspected.path("Config").path("Image"));
    json.put("ImageID", view.status().getImageId());
    json.put("Command", String.join(" ", view.command()));
    json.put("Created", view.status().getCreatedAt() / 1_000_000_000L);
    json.set("Ports", ports(view));
    json.set("Labels", Json.texts(view.labels()));
    json.put("State", view.state());
    json.put("Status", status(view, now));
    json.putObject("HostConfig")
        .set("NetworkMode", inspected.path("HostConfig").path("NetworkMode"));
    json.putObject("NetworkSettings")
        .set("Networks", inspected.path("NetworkSettings").path("Networks"));
    json.set("Mounts", inspected.path("Mounts"));
    return json;
  }

  /** What has become of the container, in docker's words. */
  static String status(ContainerView view, Instant now) {
    if (view.isRestarting()) {
      return "Restarting (" + view.status().getExitCode() + ") " + ended(view, now);
    }
    return switch (view.status().getState()) {
      case CONTAINER_CREATED -> "Created";
      case CONTAINER_RUNNING -> up(view, now);
      case CONTAINER_EXITED -> "Exited (" + view.status().getExitCode() + ") " + ended(view, now);
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Dead";
    };
  }

  private static String ended(ContainerView view, Instant now) {
    return Times.human(since(view.status().getFinishedAt(), now)) + " ago";
  }

  private static String up(ContainerView view, Instant now) {
    String up = "Up " + Times.human(since(view.status().getStartedAt(), now));
    if (view.facts().condition().getPaused()) {
      return up + " (Paused)";
    }
    if (!view.facts().condition().hasHealth()) {
      return up;
    }
    Health health = view.facts().condition().getHealth();
    boolean starts = health.getStatus().equals("starting");
    return up + " (" + (starts ? "health: starting" : health.getStatus()) + ")";
  }

  private static Duration since(long nanos, Instant now) {
    return Duration.between(Instant.ofEpochSecond(0, nanos), now);
  }

  private static ArrayNode ports(ContainerView view) {
    ArrayNode ports = Json.array();
    for (PublishedPort each : view.ports()) {
      ports
          .addObject()
          .put("IP", each.getHostIp().isEmpty() ? "0.0.0.0" : each.getHostIp())
          .put("PrivatePort", each.getContainerPort())
          .put("PublicPort", each.getHostPort())
          .put("Type", each.getProtocol());
    }
    return ports;
  }
}
