package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Names that are taken, each by one id. A name is reserved before its object exists, so that two
 * creations of one name cannot both succeed. Thread-safe.
 *
 * @param <N> a record that is the name
 */
public final class NameReservations<N> {
  private final ConcurrentMap<N, String> owners = new ConcurrentHashMap<>();
  private final String what;

  NameReservations(String what) {
    this.what = what;
  }

  /**
   * Takes the name for the id; doing so twice is fine.
   *
   * @throws CriException ALREADY_EXISTS where another id has it
   */
  public void reserve(N name, String id) {
    String owner = owners.putIfAbsent(name, id);
    if (owner != null && !owner.equals(id)) {
      throw new CriException(
          ErrorKind.ALREADY_EXISTS, what + " " + name + " exists already, with id " + owner);
    }
  }

  /** Gives the name back, where the id has it. */
  public void release(N name, String id) {
    owners.remove(name, id);
  }
}
