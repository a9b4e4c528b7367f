package io.jukung.engine.http;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** An HTTP server on a Unix socket, for a test of routes. */
public final class ServedRoutes implements AutoCloseable {
  private final UnixDomainSocketAddress address;
  private final HttpServer server;

  private ServedRoutes(UnixDomainSocketAddress address, HttpServer server) {
    this.address = address;
    this.server = server;
  }

  /** Serves routes on a socket that this makes. */
  public static ServedRoutes on(Path socket, Router router) throws IOException {
    return on(socket, router, UnaryOperator.identity(), _ -> {});
  }

  /**
   * Serves routes on a socket that this makes.
   *
   * @param listening puts something between the server and the socket
   * @param log as of {@link HttpServer}
   */
  static ServedRoutes on(
      Path socket, Router router, UnaryOperator<Listener> listening, Consumer<String> log)
      throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
    ServerSocketChannel bound = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    bound.bind(address);
    HttpServer server =
        new HttpServer(List.of(listening.apply(new SocketListener(bound))), router, log);
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                server.serve();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    return new ServedRoutes(address, server);
  }

  /** Opens a connection, which the caller closes. */
  public SocketChannel connect() throws IOException {
    return SocketChannel.open(address);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
