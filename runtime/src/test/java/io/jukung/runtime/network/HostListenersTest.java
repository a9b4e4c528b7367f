package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class HostListenersTest {
  private static List<PortMapping> mapping(String protocol, String address, int port) {
    return List.of(new PortMapping(protocol, 80, port, address));
  }

  private static void free(String protocol, String address, int port) {
    assertThatCode(() -> HostListeners.refuse(mapping(protocol, address, port)))
        .doesNotThrowAnyException();
  }

  private static void taken(String protocol, String address, int port) {
    assertThatThrownBy(() -> HostListeners.refuse(mapping(protocol, address, port)))
        .hasMessageContaining("a process of the host listens on it")
        .hasMessageContaining(port + "/" + protocol.toLowerCase(Locale.ROOT));
  }

  @Test
  void portOnWhichAProcessListensIsRefusedWithItsAddress() throws Exception {
    try (ServerSocket server = new ServerSocket()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = server.getLocalPort();
      taken("TCP", "", port);
      taken("TCP", "127.0.0.1", port);
      free("UDP", "127.0.0.1", port);
      free("SCTP", "", port);
      free("TCP", "127.0.0.2", port);
      free("TCP", "192.0.2.1", port); // not an address of this host
    }
  }

  @Test
  void portOfAnEarlierConnectionIsFree() throws Exception {
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
      try (Socket client = new Socket(server.getInetAddress(), port);
          Socket accepted = server.accept()) {
        accepted.close(); // this end waits in TIME_WAIT
      }
    }
    free("TCP", "127.0.0.1", port);
  }

  @Test
  void boundDatagramPortIsRefused() throws Exception {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      taken("UDP", "", socket.getLocalPort());
      free("TCP", "", socket.getLocalPort());
    }
  }
}
