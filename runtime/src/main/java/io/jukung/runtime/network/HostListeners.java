package io.jukung.runtime.network;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds ports of the host that a process of the host listens on. A plugin would divert their
 * traffic to a pod, and the process would get none without learning why.
 */
public final class HostListeners {
  /** Errors of bind(2) have no number in Java. */
  private static final String IN_USE = "in use";

  private HostListeners() {}

  /**
   * Refuses ports on which a process listens. Ports of sctp are not looked at.
   *
   * @throws CriException FAILED_PRECONDITION that names the first such port
   */
  public static void refuse(List<PortMapping> mappings) throws IOException {
    for (PortMapping each : mappings) {
      if (each.hostPort() > 0 && isTaken(each)) {
        throw CriException.failedPrecondition(
            "host port "
                + (each.hostIp().isEmpty() ? "" : each.hostIp() + " ")
                + each.hostPort()
                + "/"
                + each.protocol().toLowerCase(Locale.ROOT)
                + " is in use: a process of the host listens on it");
      }
    }
  }

  private static boolean isTaken(PortMapping mapping) throws IOException {
    @Nullable InetAddress address = HostPorts.address(mapping.hostIp());
    SocketAddress wanted = new InetSocketAddress(address, mapping.hostPort());
    try {
      switch (mapping.protocol().toLowerCase(Locale.ROOT)) {
        case "tcp" -> bindStream(wanted);
        case "udp" -> bindDatagram(wanted);
        default -> {}
      }
      return false;
    } catch (BindException e) {
      // An address that is not the host's is the plugin's to judge.
      return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains(IN_USE);
    }
  }

  /** Binds without listening. With SO_REUSEADDR only a listener is in the way (socket(7)). */
  private static void bindStream(SocketAddress address) throws IOException {
    try (SocketChannel channel = SocketChannel.open()) {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(address);
    }
  }

  private static void bindDatagram(SocketAddress address) throws IOException {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.bind(address);
    }
  }
}
