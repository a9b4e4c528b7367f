package io.jukung.runtime.nri;

import io.jukung.cri.CriException;
import io.jukung.nri.v1alpha1.CompoundFieldOwners;
import io.jukung.nri.v1alpha1.Field;
import io.jukung.nri.v1alpha1.OwningPlugins;
import java.util.HashMap;
import java.util.Map;

/** Which plugin has set which field of which container, to find two that set the same. */
final class FieldOwners {
  /**
   * A field of a container.
   *
   * @param key of the entry, for a field with several entries; empty for others
   */
  private record Owned(String container, Field field, String key) {}

  private final Map<Owned, String> owners = new HashMap<>();

  /**
   * Records that a plugin sets a field.
   *
   * @param name of the field in error texts
   * @throws CriException FAILED_PRECONDITION if another plugin sets it
   */
  void claim(String container, Field field, String key, String name, String plugin) {
    String other = owners.putIfAbsent(new Owned(container, field, key), plugin);
    if (other != null && !other.equals(plugin)) {
      throw CriException.failedPrecondition(
          "NRI plugins "
              + other
              + " and "
              + plugin
              + " both set "
              + name
              + " of container "
              + container);
    }
  }

  /** Forgets who has set a field, because a later plugin takes that away. */
  void release(String container, Field field, String key) {
    owners.remove(new Owned(container, field, key));
  }

  OwningPlugins toMessage() {
    Map<String, io.jukung.nri.v1alpha1.FieldOwners.Builder> result = new HashMap<>();
    owners.forEach(
        (owned, plugin) -> {
          var of =
              result.computeIfAbsent(
                  owned.container(), _ -> io.jukung.nri.v1alpha1.FieldOwners.newBuilder());
          int number = owned.field().getNumber();
          if (owned.key().isEmpty()) {
            of.putSimple(number, plugin);
          } else {
            CompoundFieldOwners entries =
                of.getCompoundOrDefault(number, CompoundFieldOwners.getDefaultInstance());
            of.putCompound(number, entries.toBuilder().putOwners(owned.key(), plugin).build());
          }
        });
    OwningPlugins.Builder all = OwningPlugins.newBuilder();
    result.forEach((id, of) -> all.putOwners(id, of.build()));
    return all.build();
  }
}
