package io.jukung.engine.daemon;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.engine.http.HttpError;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Finds containers, images and networks by what docker's users call them. Thread-safe. */
public final class Lookup {
  private static final String DIGEST = "sha256:";
  private static final Pattern ID_BEGINNING = Pattern.compile("(?:sha256:)?[0-9a-f]{4,64}");

  private final Daemon daemon;

  public Lookup(Daemon daemon) {
    this.daemon = daemon;
  }

  public List<Container> containers() {
    return daemon
        .runtime()
        .listContainers(ListContainersRequest.getDefaultInstance())
        .getContainersList();
  }

  /**
   * Finds a container by its ID, its name or the beginning of its ID, in this order.
   *
   * @throws HttpError 404 if there is none, 400 if several IDs begin so
   */
  public Container container(String idOrName) {
    String name = idOrName.startsWith("/") ? idOrName.substring(1) : idOrName;
    List<Container> all = containers();
    for (Container each : all) {
      if (each.getId().equals(name)) {
        return each;
      }
    }
    for (Container each : all) {
      if (name(each).equals(name)) {
        return each;
      }
    }
    List<Container> fitting =
        all.stream().filter(each -> each.getId().startsWith(name)).limit(2).toList();
    if (fitting.size() > 1) {
      throw HttpError.badRequest("multiple IDs found with provided prefix: " + name);
    }
    if (fitting.isEmpty() || name.isEmpty()) {
      throw HttpError.notFound("No such container: " + idOrName);
    }
    return fitting.getFirst();
  }

  /**
   * A container's name. One that jukung's clients have not made gets a name that no other has, as
   * the names of containers are unique in their pod only.
   */
  public static String name(Container container) {
    if (isOwn(container)) {
      return container.getMetadata().getName();
    }
    var labels = container.getLabelsMap();
    return String.join(
        "_",
        "k8s",
        container.getMetadata().getName(),
        labels.getOrDefault(OwnContainers.POD_NAME, ""),
        labels.getOrDefault(OwnContainers.POD_NAMESPACE, ""),
        labels.getOrDefault("io.kubernetes.pod.uid", container.getPodSandboxId()),
        Integer.toString(container.getMetadata().getAttempt()));
  }

  /** Whether jukung's own clients, of which the engine is one, have made the container. */
  public static boolean isOwn(Container container) {
    return container.containsLabels(OwnContainers.LABEL);
  }

  /**
   * Finds an image with its details.
   *
   * @throws HttpError 404 if it is not here
   */
  public ImageStatusResponse image(String idOrName) {
    ImageStatusResponse named = status(idOrName);
    if (named.hasImage()) {
      return named;
    }
    if (ID_BEGINNING.matcher(idOrName).matches()) {
      String digits = digits(idOrName);
      List<Image> fitting =
          images().stream()
              .filter(each -> digits(each.getId()).startsWith(digits))
              .limit(2)
              .toList();
      if (fitting.size() > 1) {
        throw HttpError.badRequest("multiple IDs found with provided prefix: " + idOrName);
      }
      if (!fitting.isEmpty()) {
        return status(fitting.getFirst().getId());
      }
    }
    throw HttpError.notFound("No such image: " + ImageNames.withTag(idOrName));
  }

  /**
   * Finds the image of a platform, which may be another one than the node's, with its details.
   *
   * @param platform such as linux/arm64; empty: whatever the image is for
   * @throws HttpError 404 if it is not here
   */
  public ImageStatusResponse image(String idOrName, String platform) {
    if (platform.isEmpty()) {
      return image(idOrName);
    }
    PullRequest request =
        PullRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage(idOrName))
            .setPlatform(platform)
            .setPolicy(PullRequest.Policy.NEVER)
            .build();
    Iterator<PullProgress> answers = daemon.jukung().pull(request);
    String id = "";
    try {
      while (answers.hasNext()) {
        id = answers.next().getImageRef();
      }
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code != Status.Code.NOT_FOUND && code != Status.Code.FAILED_PRECONDITION) {
        throw e;
      }
      // Docker's clients pull an image when they are told that there is none.
      throw HttpError.notFound(
          "No such image: image with reference "
              + idOrName
              + " was found but does not provide the specified platform ("
              + platform
              + ")");
    }
    return status(id);
  }

  /** An image with its details; empty if it was removed since its ID was listed. */
  public Optional<ImageStatusResponse> imageById(String id) {
    return Optional.of(status(id)).filter(ImageStatusResponse::hasImage);
  }

  /**
   * Finds a network by its name, its ID or the beginning of its ID, with the containers in it.
   *
   * @throws HttpError 404 if there is none
   */
  public Network network(String idOrName) {
    List<Network> found =
        idOrName.isEmpty()
            ? List.of()
            : daemon
                .networks()
                .listNetworks(ListNetworksRequest.newBuilder().setNetwork(idOrName).build())
                .getNetworksList();
    if (found.isEmpty()) {
      throw HttpError.notFound("network " + idOrName + " not found");
    }
    return found.getFirst();
  }

  public List<Image> images() {
    return daemon.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
  }

  private ImageStatusResponse status(String idOrName) {
    return daemon
        .images()
        .imageStatus(
            ImageStatusRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(idOrName))
                .setVerbose(true)
                .build());
  }

  private static String digits(String id) {
    return id.startsWith(DIGEST) ? id.substring(DIGEST.length()) : id;
  }
}
