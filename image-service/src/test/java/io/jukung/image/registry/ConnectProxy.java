package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy on the loopback, which passes on CONNECT and requests by plain http. Every
 * connection leads to one server, whatever host the client names.
 */
public final class ConnectProxy implements AutoCloseable {
  private final ServerSocket socket;
  private final int serverPort;
  private final @Nullable String login;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  private ConnectProxy(int serverPort, @Nullable String login) throws IOException {
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.serverPort = serverPort;
    this.login = login;
  }

  /**
   * Starts a proxy.
   *
   * @param serverPort the port on the loopback that every connection leads to
   * @param login the user and password that the proxy asks for, as {@code user:password}; null:
   *     none
   */
  public static ConnectProxy start(int serverPort, @Nullable String login) throws IOException {
    ConnectProxy proxy = new ConnectProxy(serverPort, login);
    Thread.ofVirtual().start(proxy::accept);
    return proxy;
  }

  public String authority() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  /** The first lines of the requests that had the right password, and of others after a "!". */
  public List<String> requests() {
    return requests;
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      String head = head(in);
      String first = head.substring(0, head.indexOf("\r\n"));
      if (!isAllowed(head)) {
        requests.add("!" + first);
        out.write(
            "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"
                .getBytes(UTF_8));
        return;
      }
      requests.add(first);
      if (first.startsWith("CONNECT ")) {
        out.write("HTTP/1.1 200 Connected\r\n\r\n".getBytes(UTF_8));
      } else {
        // From "GET http://host/path" to what a server expects, on a connection of its own.
        server
            .getOutputStream()
            .write(
                head.replaceFirst(" http://[^/]+", " ")
                    .replaceAll("(?i)Proxy-Authorization:[^\r]*\r\n", "")
                    .replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n")
                    .getBytes(ISO_8859_1));
      }
      Thread back = Thread.ofVirtual().start(() -> copy(server, client));
      in.transferTo(server.getOutputStream());
      back.join();
    } catch (IOException e) {
      // One of the two has closed its connection.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(Socket server, Socket client) {
    try {
      server.getInputStream().transferTo(client.getOutputStream());
      client.close();
    } catch (IOException e) {
      // One of the two has closed its connection.
    }
  }

  private boolean isAllowed(String head) {
    return login == null
        || head.contains(
            "Proxy-Authorization: Basic "
                + Base64.getEncoder().encodeToString(login.getBytes(UTF_8))
                + "\r\n");
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the request ends early");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
