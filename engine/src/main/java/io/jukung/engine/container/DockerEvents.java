package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.http.Json;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The daemon's events as docker's messages. */
public final class DockerEvents {
  private static final Set<String> HIDDEN =
      Set.of(OwnContainers.LABEL, OwnContainers.POD_NAME, OwnContainers.POD_NAMESPACE);

  private static final long NANOS = 1_000_000_000L;

  private DockerEvents() {}

  /** The attributes of a container: its labels, image and name. */
  public static ObjectNode attributes(ContainerStatus status) {
    ObjectNode attributes = Json.object();
    for (Map.Entry<String, String> each : status.getLabelsMap().entrySet()) {
      if (!HIDDEN.contains(each.getKey())) {
        attributes.put(each.getKey(), each.getValue());
      }
    }
    String said = status.getImage().getUserSpecifiedImage();
    attributes.put(
        "image", ImageNames.familiar(said.isEmpty() ? status.getImage().getImage() : said));
    return attributes.put("name", status.getMetadata().getName());
  }

  /**
   * The message of an event.
   *
   * @param status absent if the container was removed
   */
  public static ObjectNode message(
      ContainerEventResponse event, Optional<ContainerStatus> status, ObjectNode attributes) {
    String action =
        switch (event.getContainerEventType()) {
          case CONTAINER_CREATED_EVENT -> "create";
          case CONTAINER_STARTED_EVENT -> "start";
          case CONTAINER_STOPPED_EVENT -> "die";
          case CONTAINER_DELETED_EVENT -> "destroy";
          case UNRECOGNIZED -> "unknown";
        };
    if (action.equals("die")) {
      status.ifPresent(each -> attributes.put("exitCode", Integer.toString(each.getExitCode())));
    }
    ObjectNode message = Json.object();
    message.put("status", action).put("id", event.getContainerId());
    message.put("from", attributes.path("image").asText(""));
    message.put("Type", "container").put("Action", action);
    ObjectNode actor = message.putObject("Actor").put("ID", event.getContainerId());
    actor.set("Attributes", attributes);
    message.put("scope", "local").put("time", event.getCreatedAt() / NANOS);
    return message.put("timeNano", event.getCreatedAt());
  }
}
