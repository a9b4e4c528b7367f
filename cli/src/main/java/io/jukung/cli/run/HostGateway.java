package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The address that {@code --add-host NAME:host-gateway} stands for: one of this node, at which a
 * container reaches what listens on all addresses of the node. Docker takes the address of its
 * bridge; here it is the address with which the node reaches other networks, which a pod can reach
 * through each bridge and each routed network.
 */
final class HostGateway {
  private static final String LOOPBACK = "127.0.0.1";

  /** An address for documentation (RFC 5737): only the route to it is looked up. */
  private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("192.0.2.1", 9);

  private HostGateway() {}

  /**
   * Returns the address.
   *
   * @param hostNetwork whether the container shares the network of the node
   * @throws CliException if the node has no route to other networks
   */
  static String address(boolean hostNetwork) {
    if (hostNetwork) {
      return LOOPBACK;
    }
    // Connecting a datagram socket sends nothing, and chooses the local address (udp(7)).
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(ELSEWHERE);
      InetAddress address = socket.getLocalAddress();
      if (!address.isAnyLocalAddress() && !address.isLoopbackAddress()) {
        return address.getHostAddress();
      }
    } catch (IOException | UncheckedIOException e) {
      throw none(": " + e.getMessage());
    }
    throw none("");
  }

  private static CliException none(String why) {
    return CliException.usage(
        "--add-host: this node has no address for host-gateway, because it has no route to other"
            + " networks"
            + why);
  }
}
