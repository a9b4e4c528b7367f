package io.jukung.runtime.recovery;

import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up the networks of pods at the start. What plugins are asked then comes when the daemon
 * serves already, because they may take their time: to release what is nobody's any more (GC), and
 * whether the networks of the pods that were taken up are still whole (CHECK). What is wrong goes
 * to the log: plugins repair their own, and kubelet's probes find out about the rest.
 */
public final class NetworkUpkeep {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkUpkeep.class);

  private final SandboxStore sandboxes;
  private final LinuxPodHost host;

  /** Works with these. */
  public NetworkUpkeep(SandboxStore sandboxes, LinuxPodHost host) {
    this.sandboxes = sandboxes;
    this.host = host;
  }

  /** What must be known before the first call is served is so at return. */
  public void start() {
    for (Sandbox sandbox : sandboxes.all()) {
      if (sandbox.record().networkSetUp()) {
        host.takeUpNetwork(sandbox.record());
      }
    }
    Thread.ofPlatform().daemon().name("network-upkeep").start(this::run);
  }

  private void run() {
    try {
      host.collectNetworkGarbage();
    } catch (IOException | RuntimeException e) {
      LOG.warn("the garbage of networks is not all collected, the next start tries again", e);
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
