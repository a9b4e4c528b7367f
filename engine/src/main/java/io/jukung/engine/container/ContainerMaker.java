package io.jukung.engine.container;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.Volume;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.request.Binding;
import io.jukung.engine.request.ContainerRequest;
import io.jukung.engine.request.ImageDefaults;
import io.jukung.engine.request.OtherContainers;
import io.jukung.engine.request.PodPlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Makes containers, each in a pod of its own. The pod stays ready for the start that usually
 * follows at once, see {@link Readiness}. Thread-safe.
 */
final class ContainerMaker {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");

  private final Daemon daemon;
  private final Lookup lookup;
  private final Removal removal;
  private final Readiness readiness;
  private final Path logs;

  /** The names of the containers that are being made, which the daemon does not know yet. */
  private final Set<String> making = ConcurrentHashMap.newKeySet();

  ContainerMaker(Daemon daemon, Lookup lookup, Removal removal, Readiness readiness, Path logs) {
    this.logs = logs;
    this.daemon = daemon;
    this.lookup = lookup;
    this.removal = removal;
    this.readiness = readiness;
  }

  /**
   * Makes a container.
   *
   * @param wanted its name; empty: one is made up
   * @param platform what its image must be for, such as linux/arm64; empty: whatever the image is
   *     for
   * @return its ID
   */
  String make(String wanted, JsonNode body, String platform) {
    String image = body.path("Image").asText("");
    if (image.isEmpty()) {
      throw HttpError.badRequest("no image specified");
    }
    ImageStatusResponse found = lookup.image(image, platform);
    String name = wanted.startsWith("/") ? wanted.substring(1) : wanted;
    if (name.isEmpty()) {
      name = OwnContainers.generatedName(image);
    }
    if (!making.add(name)) {
      throw HttpError.conflict(
          "Conflict. The container name \"/"
              + name
              + "\" is already in use by a container that is"
              + " being made.");
    }
    try {
      requireFree(name);
      return make(name, found, body);
    } finally {
      making.remove(name);
    }
  }

  private String make(String name, ImageStatusResponse found, JsonNode body) {
    PodPlace place = new PodPlace(name, UUID.randomUUID().toString(), logs);
    ContainerRequest request =
        new ContainerRequest(place, body, ImageDefaults.config(found), others());
    PodSandboxConfig pod = request.pod(reference -> lookup.network(reference).getId());
    ContainerConfig.Builder container = request.container(found.getImage().getId());

    String podId =
        daemon
            .runtime(Daemon.CHANGE)
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
            .getPodSandboxId();
    List<String> anonymous = new ArrayList<>();
    boolean made = false;
    try {
      addVolumes(container, request.bindings(), anonymous);
      var create =
          CreateContainerRequest.newBuilder()
              .setPodSandboxId(podId)
              .setConfig(container)
              .setSandboxConfig(pod)
              .build();
      String id = create(create, place.seccompFile(), request.seccompProfile());
      made = true;
      readiness.made(id, podId);
      return id;
    } finally {
      if (!made) {
        removal.discard(podId, anonymous, place.logFile());
      }
    }
  }

  /** The containers that a request may name. */
  private OtherContainers others() {
    return new OtherContainers(
        idOrName ->
            daemon
                .status(lookup.container(idOrName).getId())
                .orElseThrow(() -> HttpError.notFound("No such container: " + idOrName)));
  }

  /** Makes the container. The daemon reads a seccomp profile now, and never again. */
  private String create(CreateContainerRequest request, Path file, Optional<String> seccomp) {
    if (seccomp.isEmpty()) {
      return create(request);
    }
    try {
      Files.createDirectories(requireNonNull(file.getParent()));
      Files.writeString(file, seccomp.get());
      try {
        return create(request);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the seccomp profile in " + file, e);
    }
  }

  private String create(CreateContainerRequest request) {
    return daemon.runtime(Daemon.CHANGE).createContainer(request).getContainerId();
  }

  private void requireFree(String name) {
    if (!NAME.matcher(name).matches()) {
      throw HttpError.badRequest(
          "Invalid container name ("
              + name
              + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, and at most 63 characters");
    }
    for (Container each : lookup.containers()) {
      if (Lookup.name(each).equals(name)) {
        throw HttpError.conflict(
            "Conflict. The container name \"/"
                + name
                + "\" is already in use by container \""
                + each.getId()
                + "\". You have to remove (or rename) that container to be able to reuse that"
                + " name.");
      }
    }
  }

  /** Makes the volumes that do not exist yet, and mounts them. */
  private void addVolumes(
      ContainerConfig.Builder container, List<Binding> bindings, List<String> anonymous) {
    for (Binding each : bindings) {
      if (each.kind() == Binding.Kind.IMAGE) {
        container.addMounts(image(each));
      }
      if (each.kind() != Binding.Kind.VOLUME) {
        continue;
      }
      Volume volume = volume(each);
      if (volume.getAnonymous() && each.source().isEmpty()) {
        anonymous.add(volume.getName());
      }
      container.addMounts(
          Mount.newBuilder()
              .setHostPath(volume.getMountpoint())
              .setContainerPath(each.target())
              .setReadonly(each.readonly())
              // The content of a volume with options is not the daemon's to label.
              .setSelinuxRelabel(volume.getOptionsCount() == 0));
    }
  }

  private Mount image(Binding binding) {
    String id = lookup.image(binding.source()).getImage().getId();
    return Mount.newBuilder()
        .setImage(ImageSpec.newBuilder().setImage(id).setUserSpecifiedImage(binding.source()))
        .setImageSubPath(binding.part())
        .setContainerPath(binding.target())
        .setReadonly(true)
        .build();
  }

  private Volume volume(Binding binding) throws StatusRuntimeException {
    return daemon
        .volumes()
        .createVolume(
            CreateVolumeRequest.newBuilder()
                .setName(binding.source())
                .putAllOptions(binding.options())
                .putAllLabels(binding.labels())
                .build())
        .getVolume();
  }
}
