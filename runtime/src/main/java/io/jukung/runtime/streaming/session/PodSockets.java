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
 * Makes sockets in the networks of pods. A socket stays in the network namespace in which it was
 * made: a thread enters the namespace of the pod, makes the socket and ends, and then any thread
 * can use the socket. No program of the pod or of the host is involved.
 */
public final class PodSockets {
  private final SandboxStore sandboxes;
  private final StatePaths paths;

  public PodSockets(SandboxStore sandboxes, StatePaths paths) throws IOException {
    this.sandboxes = sandboxes;
    this.paths = paths;
    // Java loads classes and libraries with its first socket; not from inside a pod.
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
      return; // the host has no IPv6
    }
  }

  /**
   * Returns the sandbox.
   *
   * @throws CriException FAILED_PRECONDITION if the sandbox is not ready
   */
  static Sandbox ready(SandboxStore sandboxes, String sandboxId) {
    Sandbox sandbox = sandboxes.get(sandboxId);
    if (!sandbox.isReady()) {
      throw CriException.failedPrecondition(
          "PortForward: sandbox " + sandbox.id() + " is not ready");
    }
    return sandbox;
  }

  /** Makes a socket in the network of a pod, which is not connected yet. */
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
