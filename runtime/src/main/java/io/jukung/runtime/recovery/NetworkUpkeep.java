package io.jukung.runtime.recovery;

import io.jukung.runtime.call.VitalThread;
import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the networks of an earlier daemon's pods. While the daemon already serves, it asks
 * the plugins to release what belongs to no pod (GC) and to check the networks of the pods (CHECK),
 * because plugins may be slow. Failures are only logged: plugins repair what they can, and
 * kubelet's probes find the rest.
 */
public final class NetworkUpkeep {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkUpkeep.class);

  private final SandboxStore sandboxes;
  private final LinuxPodHost host;

  public NetworkUpkeep(SandboxStore sandboxes, LinuxPodHost host) {
    this.sandboxes = sandboxes;
    this.host = host;
  }

  /** Begins in the background. */
  public void start() {
    VitalThread.unstarted("network-upkeep", this::run).start();
  }

  private void run() {
    try {
      host.collectNetworkGarbage();
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "networks that belong to no pod cannot all be released; the next start tries again", e);
    }
    for (Sandbox sandbox : sandboxes.all()) {
      if (sandbox.isReady() && !sandbox.record().config().isHostNetwork()) {
        check(sandbox);
      }
    }
  }

  private void check(Sandbox sandbox) {
    try {
      host.checkNetwork(sandbox.record());
    } catch (IOException | RuntimeException e) {
      if (sandbox.isReady()) { // and not stopped meanwhile
        LOG.warn(
            "the network of sandbox {} ({}) is not as it was made: {}",
            sandbox.id(),
            sandbox.record().name(),
            e.getMessage());
      }
    }
  }
}
