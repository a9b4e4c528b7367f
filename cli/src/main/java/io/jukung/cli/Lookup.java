package io.jukung.cli;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.PodSandbox;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds what a user means by an ID, the beginning of one, or a name. */
final class Lookup {
  private Lookup() {}

  static Container container(Connection connection, String idOrName) {
    return findContainer(connection, idOrName)
        .orElseThrow(() -> CliException.failed("no such container: " + idOrName));
  }

  static Optional<Container> findContainer(Connection connection, String idOrName) {
    List<Container> all =
        connection
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList();
    return one(all, idOrName, "container", Container::getId, c -> c.getMetadata().getName());
  }

  static PodSandbox pod(Connection connection, String idOrName) {
    return findPod(connection, idOrName)
        .orElseThrow(() -> CliException.failed("no such pod: " + idOrName));
  }

  static Optional<PodSandbox> findPod(Connection connection, String idOrName) {
    List<PodSandbox> all =
        connection
            .runtime()
            .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
            .getItemsList();
    return one(all, idOrName, "pod", PodSandbox::getId, p -> p.getMetadata().getName());
  }

  // A whole ID is certain, a name was chosen on purpose, the beginning of an ID is a convenience.
  private static <T> Optional<T> one(
      List<T> all, String wanted, String kind, Function<T, String> id, Function<T, String> name) {
    for (var matches :
        List.<java.util.function.Predicate<T>>of(
            item -> id.apply(item).equals(wanted),
            item -> name.apply(item).equals(wanted),
            item -> !wanted.isEmpty() && id.apply(item).startsWith(wanted))) {
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
