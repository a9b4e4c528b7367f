package io.jukung.cli.command;

import io.jukung.cli.text.ShortId;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.PodSandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds the container, pod or image that the user means by an ID, the beginning of an ID, or a
 * name.
 */
public final class Lookup {
  /** What an image's ID begins with. */
  private static final String DIGEST = "sha256:";

  /** Fewer than four digits are taken for a name, so that {@code run ab} does not run any image. */
  private static final Pattern ID_BEGINNING = Pattern.compile("(?:" + DIGEST + ")?[0-9a-f]{4,64}");

  private Lookup() {}

  public static Container container(Connection connection, String idOrName) {
    return findContainer(connection, idOrName)
        .orElseThrow(() -> CliException.failed("no such container: " + idOrName));
  }

  public static Optional<Container> findContainer(Connection connection, String idOrName) {
    List<Container> all =
        connection
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList();
    return find(
        "container",
        all,
        Container::getId,
        it -> it.getMetadata().getName().equals(idOrName),
        idOrName);
  }

  public static PodSandbox pod(Connection connection, String idOrName) {
    return findPod(connection, idOrName)
        .orElseThrow(() -> CliException.failed("no such pod: " + idOrName));
  }

  public static Optional<PodSandbox> findPod(Connection connection, String idOrName) {
    List<PodSandbox> all =
        connection
            .runtime()
            .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
            .getItemsList();
    return find(
        "pod", all, PodSandbox::getId, it -> it.getMetadata().getName().equals(idOrName), idOrName);
  }

  /**
   * Returns an image's whole ID where the beginning of one is given, else the name as it is, which
   * the daemon may not know.
   */
  public static String image(Connection connection, String idOrName) {
    if (!ID_BEGINNING.matcher(idOrName).matches() || isImage(connection, idOrName)) {
      return idOrName;
    }
    List<Image> all =
        connection.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
    return find("image", all, it -> digits(it.getId()), _ -> false, digits(idOrName))
        .map(Image::getId)
        .orElse(idOrName);
  }

  private static String digits(String id) {
    return id.startsWith(DIGEST) ? id.substring(DIGEST.length()) : id;
  }

  /** Whether the daemon knows an image by its name or its whole ID. */
  public static boolean isImage(Connection connection, String idOrName) {
    return connection
        .images()
        .imageStatus(
            ImageStatusRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(idOrName))
                .build())
        .hasImage();
  }

  // A whole ID cannot mean anything else, and a name was chosen by the user: both win over the
  // beginning of an ID.
  private static <T> Optional<T> find(
      String kind, List<T> all, Function<T, String> id, Predicate<T> hasName, String wanted) {
    Predicate<T> hasId = item -> id.apply(item).equals(wanted);
    Predicate<T> idBegins = item -> !wanted.isEmpty() && id.apply(item).startsWith(wanted);
    for (Predicate<T> matches : List.of(hasId, hasName, idBegins)) {
      List<T> found = all.stream().filter(matches).toList();
      if (found.size() > 1) {
        throw CliException.failed(
            found.stream()
                .map(item -> ShortId.of(id.apply(item)))
                .collect(
                    Collectors.joining(
                        ", ", wanted + " names " + found.size() + " " + kind + "s: ", "")));
      }
      if (found.size() == 1) {
        return Optional.of(found.getFirst());
      }
    }
    return Optional.empty();
  }
}
