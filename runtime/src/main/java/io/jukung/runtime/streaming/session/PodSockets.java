package io.jukung.runtime.streaming.session;

import io.jukung.cri.CriException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.namespace.Namespace;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;

/**
 * Sockets of pods' networks. A socket stays where it was made: a thread goes into the pod's network
 * namespace, makes it there and ends, and then any thread uses it. No program of the pod or of the
 * host has a part in it.
 */
public final class PodSockets {
  private final SandboxStore sandboxes;
  private final StatePaths paths;

  public PodSockets(SandboxStore sandboxes, StatePaths paths) throws IOException {
    this.sandboxes = sandboxes;
    this.paths = paths;
    // Whatever Java loads with its first socket, it must not load from inside a pod.
    for (ProtocolFamily family : StandardProtocolFamily.values()) {
      if (family != StandardProtocolFamily.UNIX) {
        openIfKnown(family);
      }
    }
  }

  private static void openIfKnown(ProtocolFamily family) throws IOException {
    try {
      SocketChannel.open(family).close();
    } catch (UnsupportedOperationException e) {
      return; // a host without IPv6
    }
  }

  /** The sandbox, which must be ready. */
  static Sandbox ready(SandboxStore sandboxes, String sandboxId) {
    Sandbox sandbox = sandboxes.get(sandboxId);
    if (!sandbox.isReady()) {
      throw CriException.failedPrecondition(
          "PortForward: sandbox " + sandbox.id() + " is not ready");
    }
    return sandbox;
  }

  /** A socket of the pod's network, not connected yet. */
  SocketChannel open(String sandboxId, ProtocolFamily family) throws IOException {
    Sandbox sandbox = ready(sandboxes, sandboxId);
    if (sandbox.record().config().isHostNetwork()) {
      return SocketChannel.open(family);
    }
    String pin = paths.namespace(sandbox.id(), Namespace.NETWORK.procName()).toString();
    try (Fd namespace = HostFile.open(pin, OpenFlags.O_RDONLY, 0)) {
      return FreshThread.call(
          "socket in pod",
          () -> {
            Namespace.NETWORK.enter(namespace);
            return SocketChannel.open(family);
          });
    }
  }
}
