package io.jukung.e2e.stream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A port of this machine's loopback that leads to a unix socket, for clients that need a port. */
public final class LoopbackRelay implements AutoCloseable {
  private final ServerSocketChannel listener;
  private final Path socket;

  private LoopbackRelay(ServerSocketChannel listener, Path socket) {
    this.listener = listener;
    this.socket = socket;
  }

  public static LoopbackRelay to(Path socket) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    LoopbackRelay relay = new LoopbackRelay(ServerSocketChannel.open().bind(address), socket);
    Thread.ofVirtual().start(relay::accept);
    return relay;
  }

  public int port() throws IOException {
    return ((InetSocketAddress) listener.getLocalAddress()).getPort();
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = listener.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      }
    } catch (IOException e) {
      // The relay was closed.
    }
  }

  private void serve(SocketChannel connection) {
    try (connection;
        SocketChannel server = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      Thread back = Thread.ofVirtual().start(() -> copy(server, connection));
      copy(connection, server);
      back.join();
    } catch (IOException e) {
      // The client sees that its connection has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Copies until the source ends, and then ends the target's input. Closes both if one fails. */
  static void copy(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
    try {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
      to.shutdownOutput();
    } catch (IOException e) {
      // One side has closed the connection: close the other side, too.
      try (from;
          to) {
        return;
      } catch (IOException ignored) {
        // Nothing more can be closed.
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
