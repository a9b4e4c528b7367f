package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The containers, by id. Answers from memory. Thread-safe. */
public final class ContainerStore {
  private final IdIndex<Container> index = new IdIndex<>("container");
  private final NameReservations<ContainerName> names = new NameReservations<>("container");

  public NameReservations<ContainerName> names() {
    return names;
  }

  public void add(Container container) {
    index.put(container.id(), container);
  }

  /** Forgets the container and frees its name. */
  public void remove(Container container) {
    index.remove(container.id());
    names.release(container.record().name(), container.id());
  }

  public Collection<Container> all() {
    return index.all();
  }

  /** The containers of a sandbox, by its full id. */
  public List<Container> of(String sandboxId) {
    return index.all().stream()
        .filter(container -> container.record().sandboxId().equals(sandboxId))
        .toList();
  }

  /** By id or the beginning of one; several that match are an error. */
  public Optional<Container> find(String id) {
    return index.find(id);
  }

  /**
   * The container with the id, or the beginning of one.
   *
   * @throws CriException NOT_FOUND
   */
  public Container get(String id) {
    return find(id).orElseThrow(() -> CriException.notFound("there is no container " + id));
  }
}
