package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import java.util.Collection;
import java.util.Optional;

/** The sandboxes, by id. Answers from memory. Thread-safe. */
public final class SandboxStore {
  private final IdIndex<Sandbox> index = new IdIndex<>("sandbox");
  private final NameReservations<SandboxName> names = new NameReservations<>("sandbox");

  public NameReservations<SandboxName> names() {
    return names;
  }

  public void add(Sandbox sandbox) {
    index.put(sandbox.id(), sandbox);
  }

  /** Forgets the sandbox and frees its name. */
  public void remove(Sandbox sandbox) {
    index.remove(sandbox.id());
    names.release(sandbox.record().name(), sandbox.id());
  }

  /** Takes the sandbox out of the lists. Its name stays reserved. */
  public void withdraw(Sandbox sandbox) {
    index.remove(sandbox.id());
  }

  public Collection<Sandbox> all() {
    return index.all();
  }

  /** By id or the beginning of one; several that match are an error. */
  public Optional<Sandbox> find(String id) {
    return index.find(id);
  }

  /**
   * The sandbox with the id, or the beginning of one.
   *
   * @throws CriException NOT_FOUND
   */
  public Sandbox get(String id) {
    return find(id).orElseThrow(() -> CriException.notFound("there is no sandbox " + id));
  }
}
