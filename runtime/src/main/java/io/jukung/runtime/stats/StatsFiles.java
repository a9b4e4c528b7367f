package io.jukung.runtime.stats;

import io.jukung.linux.cgroup.OpenCgroups;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.Sandbox;

/**
 * The open control files of all pods and containers, which are closed when their pod or container
 * is removed. Thread-safe.
 */
public final class StatsFiles implements ChangeListener {
  /** How many files are open between two calls: those of some 200 pods with a container each. */
  private static final int MAX_OPEN_FILES = 4_000;

  private final OpenCgroups open = new OpenCgroups(MAX_OPEN_FILES);

  OpenCgroups open() {
    return open;
  }

  @Override
  public void changed(Container container, Change change) {
    changed(container.id(), change);
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    changed(sandbox.id(), change);
  }

  private void changed(String id, Change change) {
    if (change == Change.DELETED) {
      // A listener must not wait, and closing waits for a read of these files to end.
      Thread.ofVirtual().name("close statistics " + id).start(() -> open.forget(id));
    }
  }
}
