package io.jukung.runtime.life;

import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes stopped pods of jukung's own again: with new namespaces, a new address, the same ports, and
 * a new shim. Callers make one call at a time for one sandbox.
 */
public final class PodRevival {
  private static final Logger LOG = LoggerFactory.getLogger(PodRevival.class);

  private final StateFiles files;
  private final SandboxLifecycle lifecycle;
  private final SandboxStopper stopper;
  private final LifecyclePlugins plugins;

  public PodRevival(
      StateFiles files,
      SandboxLifecycle lifecycle,
      SandboxStopper stopper,
      LifecyclePlugins plugins) {
    this.files = files;
    this.lifecycle = lifecycle;
    this.stopper = stopper;
    this.plugins = plugins;
  }

  /** Makes the sandbox READY. If that fails, it is NOT_READY and the host holds nothing for it. */
  void revive(Sandbox sandbox) throws IOException, InterruptedException {
    String id = sandbox.id();
    lifecycle.awaitTakeUp(id);
    stopper.stop(sandbox); // a stop that failed is tried again, and one under way is waited for
    stopper.forget(sandbox);
    try (Sandbox.Revival revival = sandbox.beginRevival();
        Rollback rollback = Rollback.named("start of sandbox", id)) {
      rollback.undo("record", () -> revival.undo(files, rollback.isClean()));
      sandbox.update(files, PodRevival::intent);
      SandboxRecord ready =
          lifecycle.setUp(sandbox.record(), rollback, step -> LOG.debug("pod {}: {}", id, step));
      try (LifecyclePlugins.Step _ = plugins.begin(id)) {
        rollback.undo("tell the plugins", () -> plugins.undoRunPodSandbox(ready));
        plugins.runPodSandbox(ready);
        revival.succeeded(ready);
      }
      // The shim may have died before the sandbox was READY, and nobody has acted on that.
      lifecycle.requireShim(id);
      rollback.commit();
    }
    LOG.info("pod {} runs again", LogNames.pod(sandbox.record()));
  }

  /** What is on disk before anything is made: the next daemon releases what a crash leaves. */
  private static SandboxRecord intent(SandboxRecord sandbox) {
    return sandbox.withNetwork(!sandbox.config().isHostNetwork(), List.of());
  }
}
