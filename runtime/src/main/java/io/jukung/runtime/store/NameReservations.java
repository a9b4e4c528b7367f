package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The names that are taken, and the ids that took them. A name is reserved before its object
 * exists, so that two creations of one name cannot both succeed. Thread-safe.
 *
 * @param <N> the type of the names, compared by equals
 */
public final class NameReservations<N> {
  private final ConcurrentMap<N, Owner> owners = new ConcurrentHashMap<>();
  private final String what;
  private final InstantSource clock;

  /**
   * Who has a name.
   *
   * @param creation null: the object exists
   */
  private record Owner(String id, @Nullable Creation creation) {}

  NameReservations(String what) {
    this(what, InstantSource.system());
  }

  NameReservations(String what, InstantSource clock) {
    this.what = what;
    this.clock = clock;
  }

  /**
   * Reserves the name for an object that exists. Reserving it again for the same id is a no-op.
   *
   * @throws CriException ALREADY_EXISTS if another id has the name
   */
  public void reserve(N name, String id) {
    reserve(name, new Owner(id, null));
  }

  /**
   * Reserves the name for an object that is being made.
   *
   * @param call the name of the call that makes it
   * @return told of the steps of the call, until {@link #created} or {@link #release}
   * @throws CriException ALREADY_EXISTS if another id has the name; says which call makes its
   *     object, if it is being made
   */
  public Creation reserve(N name, String id, String call) {
    Creation creation = new Creation(call, id, clock);
    reserve(name, new Owner(id, creation));
    return creation;
  }

  private void reserve(N name, Owner next) {
    Owner owner = owners.putIfAbsent(name, next);
    if (owner != null && !owner.id().equals(next.id())) {
      throw new CriException(ErrorKind.ALREADY_EXISTS, taken(name, owner));
    }
  }

  private String taken(N name, Owner owner) {
    return what
        + " "
        + name
        + (owner.creation() == null
            ? " exists already, with id " + owner.id()
            : " is reserved for " + owner.creation());
  }

  /** Says that the object of the name exists now. Does nothing if the id does not have the name. */
  public void created(N name, String id) {
    owners.computeIfPresent(
        name, (_, owner) -> owner.id().equals(id) ? new Owner(id, null) : owner);
  }

  /** The id that has the name; empty if the name is free. */
  public Optional<String> owner(N name) {
    return Optional.ofNullable(owners.get(name)).map(Owner::id);
  }

  /** The ids that have a name, also those of objects that are not in a store yet. */
  public List<String> owners() {
    return owners.values().stream().map(Owner::id).toList();
  }

  /** The call that makes the object of the name; empty if no call does. */
  public Optional<Creation> creation(N name) {
    return Optional.ofNullable(owners.get(name)).map(Owner::creation);
  }

  /** The names whose objects are being made. */
  public Map<N, Creation> creations() {
    Map<N, Creation> underWay = new HashMap<>();
    owners.forEach(
        (name, owner) -> {
          if (owner.creation() != null) {
            underWay.put(name, owner.creation());
          }
        });
    return underWay;
  }

  /** Releases the name if the id has it. */
  public void release(N name, String id) {
    owners.computeIfPresent(name, (_, owner) -> owner.id().equals(id) ? null : owner);
  }
}
