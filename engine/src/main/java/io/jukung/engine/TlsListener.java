package io.jukung.engine;

import io.jukung.engine.http.Listener;
import io.jukung.engine.http.Wire;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A TCP port on which client and server prove who they are by certificates (TLS 1.3, RFC 8446). A
 * client that has not done so within some seconds is disconnected, and never becomes a connection
 * of the server.
 */
final class TlsListener implements Listener {
  private static final int BACKLOG = 128;

  /** Two round trips, on a slow network. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);

  /** After a failed accept: one fails when no file descriptor is free, which may change. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  /**
   * How many clients may be in a handshake, or wait to become connections: whoever reaches the port
   * may begin a handshake.
   */
  private static final int MAX_HANDSHAKES = 64;

  /** TLS 1.3 alone can end one direction of a connection, which attached clients do. */
  private static final String[] PROTOCOLS = {"TLSv1.3"};

  private final ServerSocket socket;
  private final SSLContext context;
  private final Consumer<String> log;
  private final Semaphore handshakes = new Semaphore(MAX_HANDSHAKES);

  /** Clients that have proved who they are; empty: the listener was closed. */
  private final BlockingQueue<Optional<Wire>> accepted = new LinkedBlockingQueue<>();

  private TlsListener(ServerSocket socket, SSLContext context, Consumer<String> log) {
    this.socket = socket;
    this.context = context;
    this.log = log;
  }

  /**
   * Listens.
   *
   * @param context has the server's key, and the authorities of the clients' certificates
   * @param log gets a line for each client that could not be accepted
   * @throws IOException if the address is not free, or not this node's
   */
  static TlsListener listen(InetSocketAddress address, SSLContext context, Consumer<String> log)
      throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(address, BACKLOG);
    } catch (IOException e) {
      socket.close();
      throw new IOException("listen on " + address + ": " + e.getMessage(), e);
    }
    return over(socket, context, log);
  }

  /** Takes over a socket that is bound. */
  static TlsListener over(ServerSocket socket, SSLContext context, Consumer<String> log) {
    TlsListener listener = new TlsListener(socket, context, log);
    Thread.ofVirtual().name("tls").start(listener::acceptAll);
    return listener;
  }

  /** The port, which the kernel has chosen if 0 was asked for. */
  int port() {
    return socket.getLocalPort();
  }

  private void acceptAll() {
    try {
      while (!socket.isClosed()) {
        handshakes.acquire();
        Socket client = acceptNext();
        if (client == null) {
          handshakes.release();
        } else {
          Thread.ofVirtual().name("handshake").start(() -> shakeHands(client));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    accepted.add(Optional.empty());
  }

  /** Waits for a client; returns null after a failure, which is no reason to end unless closed. */
  private @Nullable Socket acceptNext() throws InterruptedException {
    try {
      return socket.accept();
    } catch (IOException e) {
      if (!socket.isClosed()) {
        log.accept("port " + port() + ": a client was not accepted: " + e.getMessage());
        Thread.sleep(RETRY);
      }
      return null;
    }
  }

  private void shakeHands(Socket client) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    var _ =
        done.orTimeout(HANDSHAKE.toMillis(), TimeUnit.MILLISECONDS)
            .exceptionally(
                _ -> {
                  close(client);
                  return null;
                });
    boolean given = false;
    try {
      client.setKeepAlive(true);
      client.setTcpNoDelay(true);
      SSLSocket tls =
          (SSLSocket) context.getSocketFactory().createSocket(client, null, client.getPort(), true);
      tls.setUseClientMode(false);
      tls.setNeedClientAuth(true);
      tls.setEnabledProtocols(PROTOCOLS);
      tls.startHandshake();
      given = done.complete(null);
      if (given) {
        accepted.add(Optional.of(new TlsWire(client, tls)));
      }
    } catch (IOException | RuntimeException e) {
      // A client without the right certificate, or one that has left. The JDK's TLS throws other
      // exceptions too for some messages that are wrong.
      close(client);
    } finally {
      done.complete(null);
      if (!given) {
        handshakes.release();
      }
    }
  }

  private static void close(Socket client) {
    try {
      client.close();
    } catch (IOException e) {
      // The kernel has let the connection go all the same (close(2)).
    }
  }

  @Override
  public @Nullable Wire accept() throws InterruptedException {
    Optional<Wire> next = accepted.take();
    if (next.isEmpty()) {
      accepted.add(next); // for the next call
    } else {
      handshakes.release();
    }
    return next.orElse(null);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /**
   * A connection whose bytes are encrypted.
   *
   * @param plain is closed directly: a close of the outer socket would wait for a client that does
   *     not read
   */
  private record TlsWire(Socket plain, SSLSocket tls) implements Wire {
    @Override
    public int read(ByteBuffer into) throws IOException {
      int count =
          tls.getInputStream()
              .read(into.array(), into.arrayOffset() + into.position(), into.remaining());
      if (count > 0) {
        into.position(into.position() + count);
      }
      return count;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      tls.getOutputStream().write(piece);
    }

    @Override
    public void endOutput() throws IOException {
      tls.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
      plain.close();
    }
  }
}
