package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.ChangeListener.Change;
import java.util.Collection;
import java.util.Optional;

/** The sandboxes of the node, by id. Answers come from memory. Thread-safe. */
public final class SandboxStore {
  private final IdIndex<Sandbox> index = new IdIndex<>("sandbox");
  private final NameReservations<SandboxName> names = new NameReservations<>("sandbox");
  private ChangeListener listener = ChangeListener.NONE;

  public NameReservations<SandboxName> names() {
    return names;
  }

  /** Tells the listener of changes from now on. To be called before any sandbox is added. */
  public void listen(ChangeListener changes) {
    listener = changes;
  }

  /** Adds a sandbox that an earlier daemon has created. */
  public void add(Sandbox sandbox) {
    sandbox.listen(listener);
    index.put(sandbox.id(), sandbox);
  }

  /** Adds a sandbox that was just created, and runs if its creation has succeeded. */
  public void addCreated(Sandbox sandbox) {
    index.put(sandbox.id(), sandbox);
    sandbox.tellCreated(listener);
  }

  /** Forgets the sandbox and frees its name. */
  public void remove(Sandbox sandbox) {
    withdraw(sandbox);
    names.release(sandbox.record().name(), sandbox.id());
  }

  /** Takes the sandbox out of the lists. Its name stays reserved. */
  public void withdraw(Sandbox sandbox) {
    index.remove(sandbox.id());
    listener.changed(sandbox, Change.DELETED);
  }

  public Collection<Sandbox> all() {
    return index.all();
  }

  /**
   * Finds a sandbox by its id or the beginning of the id.
   *
   * @throws CriException INVALID_ARGUMENT if several ids begin so
   */
  public Optional<Sandbox> find(String id) {
    return index.find(id);
  }

  /**
   * Returns the sandbox with the id, or with an id that begins so.
   *
   * @throws CriException NOT_FOUND if there is none
   */
  public Sandbox get(String id) {
    return find(id).orElseThrow(() -> CriException.notFound("there is no sandbox " + id));
  }
}
