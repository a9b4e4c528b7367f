package io.jukung.runtime.container;

import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The specifications of containers. Those of the containers that were used last are in memory, so
 * that the start of a container does not read what its creation has just written. The others are
 * read from {@code config.json}. Thread-safe.
 */
public final class ContainerSpecs {
  /** Some 10 kB each; more than a node starts at a time. */
  private static final int MAX_KEPT = 64;

  private static final int INITIAL_CAPACITY = 16;
  private static final float LOAD_FACTOR = 0.75f;

  private final StateFiles files;
  private final Map<String, Spec> kept =
      new LinkedHashMap<>(INITIAL_CAPACITY, LOAD_FACTOR, /* accessOrder= */ true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Spec> eldest) {
          return size() > MAX_KEPT;
        }
      };

  public ContainerSpecs(StateFiles files) {
    this.files = files;
  }

  /**
   * Keeps the specification of a container that was just created.
   *
   * @param spec the content of its {@code config.json}
   */
  public void keep(String containerId, Spec spec) {
    synchronized (kept) {
      kept.put(containerId, spec);
    }
  }

  /**
   * Returns the specification that the container was created with.
   *
   * @throws IOException if it is not in memory and cannot be read
   */
  public Spec of(String containerId) throws IOException {
    synchronized (kept) {
      Spec spec = kept.get(containerId);
      if (spec != null) {
        return spec;
      }
    }
    return Spec.fromJson(files.readSpec(containerId));
  }

  /** Forgets the specification of a container that is being removed. */
  public void forget(String containerId) {
    synchronized (kept) {
      kept.remove(containerId);
    }
  }
}
