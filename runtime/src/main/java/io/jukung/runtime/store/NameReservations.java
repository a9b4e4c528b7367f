package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The names that are taken, and the ids that took them. A name is reserved before its object
 * exists, so that two creations of one name cannot both succeed. Thread-safe.
 *
 * @param <N> the type of the names, compared by equals
 */
public final class NameReservations<N> {
  private final ConcurrentMap<N, String> owners = new ConcurrentHashMap<>();
  private final String what;

  NameReservations(String what) {
    this.what = what;
  }

  /**
   * Reserves the name for the id. Reserving it again for the same id is a no-op.
   *
   * @throws CriException ALREADY_EXISTS if another id has the name
   */
  public void reserve(N name, String id) {
    String owner = owners.putIfAbsent(name, id);
    if (owner != null && !owner.equals(id)) {
      throw new CriException(
          ErrorKind.ALREADY_EXISTS, what + " " + name + " exists already, with id " + owner);
    }
  }

  /** The id that has the name; empty if the name is free. */
  public Optional<String> owner(N name) {
    return Optional.ofNullable(owners.get(name));
  }

  /** The ids that have a name, also those of objects that are not in a store yet. */
  public List<String> owners() {
    return List.copyOf(owners.values());
  }

  /** Releases the name if the id has it. */
  public void release(N name, String id) {
    owners.remove(name, id);
  }
}
