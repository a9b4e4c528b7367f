package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.ChangeListener.Change;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The containers of the node, by id. Answers come from memory. Thread-safe. */
public final class ContainerStore {
  private final IdIndex<Container> index = new IdIndex<>("container");
  private final NameReservations<ContainerName> names = new NameReservations<>("container");
  private ChangeListener listener = ChangeListener.NONE;

  public NameReservations<ContainerName> names() {
    return names;
  }

  /** Tells the listener of changes from now on. To be called before any container is added. */
  public void listen(ChangeListener changes) {
    listener = changes;
  }

  /** Adds a container that an earlier daemon has created. */
  public void add(Container container) {
    container.listen(listener);
    index.put(container.id(), container);
  }

  /** Adds a container that was just created. */
  public void addCreated(Container container) {
    index.put(container.id(), container);
    container.tellCreated(listener);
  }

  /** Forgets the container and frees its name. */
  public void remove(Container container) {
    container.tellUntold();
    index.remove(container.id());
    listener.changed(container, Change.DELETED);
    names.release(container.record().name(), container.id());
  }

  public Collection<Container> all() {
    return index.all();
  }

  /**
   * Returns the containers of a sandbox.
   *
   * @param sandboxId the full id
   */
  public List<Container> of(String sandboxId) {
    return index.all().stream()
        .filter(container -> container.record().sandboxId().equals(sandboxId))
        .toList();
  }

  /**
   * Finds a container by its id or the beginning of the id.
   *
   * @throws CriException INVALID_ARGUMENT if several ids begin so
   */
  public Optional<Container> find(String id) {
    return index.find(id);
  }

  /**
   * Returns the container with the id, or with an id that begins so.
   *
   * @throws CriException NOT_FOUND if there is none
   */
  public Container get(String id) {
    return find(id).orElseThrow(() -> CriException.notFound("there is no container " + id));
  }
}
