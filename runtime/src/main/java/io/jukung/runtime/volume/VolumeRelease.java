package io.jukung.runtime.volume;

import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.Sandbox;

/** Unmounts volumes whose last running container has ended. */
public final class VolumeRelease implements ChangeListener {
  private final Volumes volumes;

  public VolumeRelease(Volumes volumes) {
    this.volumes = volumes;
  }

  @Override
  public void changed(Container container, Change change) {
    if (change == Change.STOPPED && volumes.needsMounts(container)) {
      // Not on a virtual thread: the file system may not answer.
      Thread.ofPlatform()
          .daemon()
          .name("volumes of " + container.id())
          .start(() -> volumes.release(container));
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    // A volume belongs to containers.
  }
}
