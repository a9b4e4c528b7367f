package io.jukung.runtime.call;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Finds the sandboxes and containers that match a list request's filter, from memory. A shortened
 * id that several objects begin with matches nothing, and is no error: the request asks for a
 * selection, not for one object. Thread-safe.
 */
public final class Selection {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;

  public Selection(SandboxStore sandboxes, ContainerStore containers) {
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  /**
   * The sandboxes that match all conditions.
   *
   * @param id the id, or its first characters; empty matches every sandbox
   * @param labels the labels that a sandbox must have, among others
   */
  public List<Sandbox> sandboxes(String id, Map<String, String> labels) {
    List<Sandbox> selected = new ArrayList<>();
    for (Sandbox each : candidates(id)) {
      if (hasAll(each.record().config().labels(), labels)) {
        selected.add(each);
      }
    }
    return selected;
  }

  /**
   * The containers that match all conditions.
   *
   * @param id the id, or its first characters; empty matches every container
   * @param sandboxId the id of the container's sandbox, or its first characters; empty matches
   *     every sandbox
   * @param labels the labels that a container must have, among others
   */
  public List<Container> containers(String id, String sandboxId, Map<String, String> labels) {
    String sandbox = fullSandboxId(sandboxId);
    List<Container> selected = new ArrayList<>();
    for (Container each : containerCandidates(id)) {
      if ((sandbox.isEmpty() || each.record().sandboxId().equals(sandbox))
          && hasAll(each.record().labels(), labels)) {
        selected.add(each);
      }
    }
    return selected;
  }

  private Collection<Sandbox> candidates(String id) {
    return id.isEmpty() ? sandboxes.all() : asList(find(() -> sandboxes.find(id)));
  }

  private Collection<Container> containerCandidates(String id) {
    return id.isEmpty() ? containers.all() : asList(find(() -> containers.find(id)));
  }

  private String fullSandboxId(String id) {
    return id.isEmpty() ? id : find(() -> sandboxes.find(id)).map(Sandbox::id).orElse(id);
  }

  /** Empty also if the search finds several objects, which the stores report as an exception. */
  private static <T> Optional<T> find(Supplier<Optional<T>> search) {
    try {
      return search.get();
    } catch (CriException e) {
      return Optional.empty();
    }
  }

  private static <T> List<T> asList(Optional<T> found) {
    return found.map(List::of).orElse(List.of());
  }

  private static boolean hasAll(Map<String, String> labels, Map<String, String> wanted) {
    return wanted.isEmpty() || labels.entrySet().containsAll(wanted.entrySet());
  }
}
