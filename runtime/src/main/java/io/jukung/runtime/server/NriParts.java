package io.jukung.runtime.server;

import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.ContainerLimits;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.nri.Nri;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.time.Duration;

/**
 * Puts NRI together. A class of its own: a daemon without NRI loads none of its classes, also not
 * to verify the class that would create them.
 */
final class NriParts {
  private NriParts() {}

  static Nri of(
      Config.Nri settings,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerSpecs specs,
      StatePaths paths,
      ContainerLimits limits,
      ContainerStopper stopper) {
    return new Nri(
        settings,
        sandboxes,
        containers,
        specs,
        paths,
        new Nri.Actions() {
          @Override
          public void update(Container container, LinuxContainerResources changes)
              throws IOException {
            limits.change(container, changes);
          }

          @Override
          public void evict(Container container) throws IOException, InterruptedException {
            stopper.stop(container, Duration.ZERO);
          }
        });
  }
}
