package io.jukung.cri.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * The address that {@code host-gateway} stands for in {@code --add-host}: one of this node, at
 * which a container reaches what listens on all addresses of the node. Docker takes the address of
 * its bridge; here it is the address with which the node reaches other networks, which a pod can
 * reach through each bridge and each routed network.
 */
public final class HostGateway {
  /** What is said if there is no address. */
  public static final String NONE =
      "this node has no address for host-gateway, because it has no route to other networks";

  private static final String LOOPBACK = "127.0.0.1";

  /** An address for documentation (RFC 5737): only the route to it is looked up. */
  private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("192.0.2.1", 9);

  private HostGateway() {}

  /**
   * Returns the address; empty if the node has no route to other networks.
   *
   * @param hostNetwork whether the container shares the network of the node
   */
  public static Optional<String> address(boolean hostNetwork) {
    if (hostNetwork) {
      return Optional.of(LOOPBACK);
    }
    // Connecting a datagram socket sends nothing, and chooses the local address (udp(7)).
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(ELSEWHERE);
      InetAddress address = socket.getLocalAddress();
      boolean usable = !address.isAnyLocalAddress() && !address.isLoopbackAddress();
      return usable ? Optional.of(address.getHostAddress()) : Optional.empty();
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty(); // connect fails without a route
    }
  }
}
