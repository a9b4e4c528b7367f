package io.jukung.engine;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;

/** The listening socket that systemd passes as standard input. */
final class InheritedSocket {
  private InheritedSocket() {}

  /**
   * Takes the socket.
   *
   * @throws IOException if standard input is no listening unix socket: on a port of TCP, everybody
   *     who reaches it would be root
   */
  static ServerSocketChannel take() throws IOException {
    Channel channel = System.inheritedChannel();
    if (channel instanceof ServerSocketChannel socket
        && socket.getLocalAddress() instanceof UnixDomainSocketAddress) {
      return socket;
    }
    throw new IOException(
        "--listen fd:// needs a listening unix socket as standard input, as jukung-engine.socket"
            + " of systemd passes it");
  }
}
