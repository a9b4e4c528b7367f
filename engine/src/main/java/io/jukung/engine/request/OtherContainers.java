package io.jukung.engine.request;

import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Mount;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** What a new container takes from containers that are there: their namespaces and mounts. */
public final class OtherContainers {
  private static final String CONTAINER = "container:";

  private final Function<String, ContainerStatus> statuses;

  /**
   * @param statuses finds a container by its name, its ID or the beginning of its ID, or throws an
   *     error 404
   */
  public OtherContainers(Function<String, ContainerStatus> statuses) {
    this.statuses = statuses;
  }

  /** Whether a mode of a namespace names a container. */
  static boolean isNamedBy(String mode) {
    return mode.startsWith(CONTAINER) && mode.length() > CONTAINER.length();
  }

  /** The ID of the container that a mode of a namespace names; empty if it names none. */
  String id(String mode) {
    return isNamedBy(mode) ? statuses.apply(mode.substring(CONTAINER.length())).getId() : "";
  }

  /**
   * A mount of another container.
   *
   * @param part the directory of the volume that is mounted; empty for the whole volume
   */
  record Taken(Mount mount, String part) {}

  /**
   * The mounts of the containers that HostConfig.VolumesFrom names. As docker has it, file systems
   * in memory are not among them, and a mount that the new container asks for itself comes before
   * one of another container at the same place.
   *
   * @param names each {@code CONTAINER}, {@code CONTAINER:ro} or {@code CONTAINER:rw}
   * @param own where the new container has mounts of its own
   */
  List<Taken> mounts(List<String> names, Set<Path> own) {
    Set<Path> targets = new HashSet<>(own);
    List<Taken> taken = new ArrayList<>();
    for (String name : names) {
      String[] parts = name.split(":", -1);
      if (parts.length > 2 || (parts.length == 2 && !Set.of("ro", "rw").contains(parts[1]))) {
        throw HttpError.badRequest(
            "invalid HostConfig.VolumesFrom \"" + name + "\": it is not CONTAINER[:ro|rw]");
      }
      boolean readonly = parts.length == 2 && parts[1].equals("ro");
      ContainerStatus other = statuses.apply(parts[0]);
      Map<String, String> directories = parts(other);
      for (Mount each : other.getMountsList()) {
        if (targets.add(Path.of(each.getContainerPath()).normalize())) {
          Mount.Builder mount = each.toBuilder().setReadonly(each.getReadonly() || readonly);
          taken.add(
              new Taken(mount.build(), directories.getOrDefault(each.getContainerPath(), "")));
        }
      }
    }
    return taken;
  }

  /** The directories of volumes that a container mounts, by where it mounts them. */
  private static Map<String, String> parts(ContainerStatus status) {
    Map<String, String> parts = new HashMap<>();
    Json.parse(status.getAnnotationsOrDefault(OwnContainers.OPTIONS, "{}"))
        .path("parts")
        .forEach(each -> parts.put(each.path("target").asText(), each.path("path").asText()));
    return parts;
  }
}
