package io.jukung.runtime.life;

import io.jukung.client.v1.KillRequest;
import io.jukung.client.v1.KillResponse;
import io.jukung.cri.CriException;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import java.io.IOException;

/** Sends signals to running containers. */
public final class SignalContainer {
  private final OwnContainers containers;
  private final ContainerStopper stopper;
  private final LifecyclePlugins plugins;
  private final Restarts restarts;

  public SignalContainer(
      OwnContainers containers,
      ContainerStopper stopper,
      LifecyclePlugins plugins,
      Restarts restarts) {
    this.containers = containers;
    this.stopper = stopper;
    this.plugins = plugins;
    this.restarts = restarts;
  }

  /** Sends the signal. With SIGKILL the container has ended on return, with all its processes. */
  public KillResponse call(KillRequest request) throws IOException, InterruptedException {
    int signal = signal(request.getSignal());
    Container container =
        containers.running("Kill", request.getContainerId(), request.getAnyOwner());
    if (signal == Signals.SIGKILL
        || signal == container.record().stopSignal()
        || request.getStops()) {
      restarts.stopping(container);
    }
    if (signal != Signals.SIGKILL) {
      stopper.send(container, signal);
      return KillResponse.getDefaultInstance();
    }
    stopper.kill(container);
    plugins.containerStopped(container);
    return KillResponse.getDefaultInstance();
  }

  private static int signal(String text) {
    if (text.isEmpty()) {
      return Signals.SIGKILL;
    }
    try {
      return Signals.parse(text);
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument("Kill: " + e.getMessage());
    }
  }
}
