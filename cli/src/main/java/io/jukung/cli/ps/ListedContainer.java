package io.jukung.cli.ps;

import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.Condition;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * A container in the words of a list.
 *
 * @param condition null if the daemon does not know conditions
 */
record ListedContainer(Container container, ContainerStatus status, @Nullable Condition condition) {
  /** Returns the image as the user named it, or its short ID where only that is known. */
  String image() {
    String asked = container.getImage().getUserSpecifiedImage();
    String image = asked.isEmpty() ? container.getImage().getImage() : asked;
    return image.startsWith("sha256:") ? ShortId.of(image) : image;
  }

  String name() {
    return container.getMetadata().getName();
  }

  /** Returns docker's word for the state, such as {@code running}. */
  String state() {
    return ContainerJson.word(
        status.getState(), condition == null ? Condition.getDefaultInstance() : condition);
  }

  private boolean isRestarting() {
    return state().equals("restarting");
  }

  /** Returns healthy, unhealthy, starting, or none if nobody checks the health. */
  String health() {
    String health = condition == null ? "" : condition.getHealth().getStatus();
    return health.isEmpty() ? "none" : health;
  }

  /** Returns what has become of the container, such as {@code Up 5 minutes}. */
  String words(InstantSource clock) {
    if (isRestarting()) {
      return "Restarting ("
          + status.getExitCode()
          + ") "
          + HumanTime.ago(status.getFinishedAt(), clock);
    }
    return switch (status.getState()) {
      case CONTAINER_CREATED -> "Created";
      case CONTAINER_RUNNING -> "Up " + HumanTime.since(status.getStartedAt(), clock) + note();
      case CONTAINER_EXITED ->
          "Exited (" + status.getExitCode() + ") " + HumanTime.ago(status.getFinishedAt(), clock);
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Unknown";
    };
  }

  /** What docker writes behind the time that a container is up. */
  private String note() {
    if (condition != null && condition.getPaused()) {
      return " (Paused)";
    }
    return switch (health()) {
      case "none" -> "";
      case "starting" -> " (health: starting)";
      default -> " (" + health() + ")";
    };
  }
}
