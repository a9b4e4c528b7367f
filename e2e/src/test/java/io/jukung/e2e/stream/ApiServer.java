package io.jukung.e2e.stream;

import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.stream.Command.Streams;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the API server and kubelet between a Kubernetes client and the runtime: asks the
 * runtime for a URL, and then passes bytes on. Clients name pods and containers by their IDs.
 */
public final class ApiServer implements AutoCloseable {
  private static final int HEAD_LIMIT = 16 << 10;

  private final Node node;
  private final CriClient client;
  private final ServerSocketChannel listener;
  private @Nullable Relay relay;

  private ApiServer(Node node, CriClient client, ServerSocketChannel listener) {
    this.node = node;
    this.client = client;
    this.listener = listener;
  }

  public static ApiServer start(Node node, CriClient client) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    ApiServer server = new ApiServer(node, client, ServerSocketChannel.open().bind(address));
    Thread.ofVirtual().start(server::accept);
    return server;
  }

  public String url() throws IOException {
    var address = (InetSocketAddress) listener.getLocalAddress();
    return "http://127.0.0.1:" + address.getPort();
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = listener.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      }
    } catch (IOException e) {
      // The server was closed.
    }
  }

  /** A failure closes the connection, which makes the test fail. */
  private void serve(SocketChannel connection) {
    try (connection) {
      String head = readHead(connection);
      String[] requestLine = head.lines().findFirst().orElseThrow().split(" ", -1);
      URI url = ask(new QueryStringDecoder(requestLine[1]));
      if (url == null) {
        write(connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      try (SocketChannel server =
          SocketChannel.open(UnixDomainSocketAddress.of(relay(url).socket()))) {
        write(server, head.replaceFirst(" \\S+ ", " " + url.getPath() + " "));
        Thread back = Thread.ofVirtual().start(() -> LoopbackRelay.copy(server, connection));
        LoopbackRelay.copy(connection, server);
        back.join();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String readHead(SocketChannel connection) throws IOException {
    StringBuilder head = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1); // the bytes after the head must not be read here
    while (!head.toString().endsWith("\r\n\r\n")) {
      if (connection.read(one.clear()) < 0 || head.length() > HEAD_LIMIT) {
        throw new EOFException("no request: " + head);
      }
      head.append((char) one.get(0));
    }
    return head.toString();
  }

  private static void write(SocketChannel connection, String head) throws IOException {
    connection.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /** The runtime's URL for {@code …/pods/POD/exec}, {@code attach} or {@code portforward}. */
  private @Nullable URI ask(QueryStringDecoder request) {
    List<String> path = List.of(request.path().split("/", -1));
    Map<String, List<String>> query = request.parameters();
    String container = String.join("", query.getOrDefault("container", List.of()));
    Streams streams =
        new Streams(
            isSet(query, "stdin"),
            isSet(query, "stdout"),
            isSet(query, "stderr"),
            isSet(query, "tty"));
    return switch (path.getLast()) {
      case "exec" ->
          StreamUrls.exec(
              client,
              container,
              streams,
              query.getOrDefault("command", List.of()).toArray(String[]::new));
      case "attach" -> StreamUrls.attach(client, container, streams);
      case "portforward" ->
          StreamUrls.portForward(
              client,
              path.get(path.size() - 2),
              query.getOrDefault("ports", List.of()).stream()
                  .map(Integer::valueOf)
                  .toArray(Integer[]::new));
      default -> null;
    };
  }

  private static boolean isSet(Map<String, List<String>> query, String name) {
    return query.getOrDefault(name, List.of()).contains("true");
  }

  private synchronized Relay relay(URI url) throws Exception {
    if (relay == null) {
      relay = Relay.to(node, url);
    }
    return relay;
  }

  @Override
  public synchronized void close() throws IOException {
    listener.close();
    if (relay != null) {
      relay.close();
    }
  }
}
