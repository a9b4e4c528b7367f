package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** Objects by id, or by the first characters of one. Thread-safe. */
final class IdIndex<T> {
  private final ConcurrentSkipListMap<String, T> byId = new ConcurrentSkipListMap<>();
  private final String what;

  /**
   * Makes an empty index.
   *
   * @param what the kind of the objects, for error texts
   */
  IdIndex(String what) {
    this.what = what;
  }

  void put(String id, T object) {
    byId.put(id, object);
  }

  void remove(String id) {
    byId.remove(id);
  }

  Collection<T> all() {
    return byId.values();
  }

  /**
   * Finds an object by its id or the beginning of the id.
   *
   * @throws CriException INVALID_ARGUMENT if the text is empty or several ids begin so
   */
  Optional<T> find(String idOrPrefix) {
    if (idOrPrefix.isEmpty()) {
      throw CriException.invalidArgument("the " + what + " id is empty");
    }
    Iterator<Map.Entry<String, T>> candidates =
        byId.tailMap(idOrPrefix, true).entrySet().iterator();
    if (!candidates.hasNext()) {
      return Optional.empty();
    }
    Map.Entry<String, T> first = candidates.next();
    if (!first.getKey().startsWith(idOrPrefix)) {
      return Optional.empty();
    }
    if (first.getKey().length() != idOrPrefix.length()
        && candidates.hasNext()
        && candidates.next().getKey().startsWith(idOrPrefix)) {
      throw CriException.invalidArgument(
          what + " id " + idOrPrefix + " is ambiguous: several " + what + "s begin with it");
    }
    return Optional.of(first.getValue());
  }
}
