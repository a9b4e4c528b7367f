package io.jukung.cli.command;

import io.jukung.cli.text.ShortId;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.PodSandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Finds the container, pod or image that the user means by an ID, the beginning of an ID, or a
 * name.
 */
public final class Lookup {
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
