package io.jukung.e2e.stream;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Node;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A unix socket on which this JVM can reach the streaming server's port in a node's network. */
public final class Relay implements AutoCloseable {
  /** The flag __SO_ACCEPTCON of a socket that listens, as /proc/net/unix shows flags. */
  private static final String ACCEPTS_CONNECTIONS = "00010000";

  private final Path socket;
  private final Process process;

  private Relay(Path socket, Process process) {
    this.socket = socket;
    this.process = process;
  }

  /** A relay to the host and port of the URL. */
  public static Relay to(Node node, URI url) throws Exception {
    return start(node, url, "TCP:" + url.getHost() + ":" + url.getPort());
  }

  /**
   * A relay that speaks TLS with the host and port of the URL.
   *
   * @param authority the certificate authority that must have signed the server's certificate
   */
  public static Relay toTls(Node node, URI url, Path authority) throws Exception {
    return start(
        node,
        url,
        "OPENSSL:" + url.getHost() + ":" + url.getPort() + ",verify=1,cafile=" + authority);
  }

  private static Relay start(Node node, URI url, String server) throws Exception {
    Path socket = node.directory().resolve("relay-" + url.getPort() + ".sock");
    Files.deleteIfExists(socket);
    // -t: the seconds for which one direction stays open after the other has ended.
    List<String> command =
        List.of("socat", "-t", "600", "UNIX-LISTEN:" + socket + ",fork,backlog=512", server);
    Process process =
        new ProcessBuilder(node.inside(command))
            .redirectErrorStream(true)
            .redirectOutput(node.directory().resolve("relay.log").toFile())
            .start();
    Await.until("the relay listens", () -> isListening(process, socket));
    return new Relay(socket, process);
  }

  /**
   * Whether a process in the network namespace of this one has called listen(2) on the socket. The
   * socket's file is there earlier, from bind(2) on, while connections are still refused.
   */
  private static boolean isListening(Process process, Path socket) throws IOException {
    try (Stream<String> sockets = Files.lines(Path.of("/proc/" + process.pid() + "/net/unix"))) {
      return sockets.anyMatch(
          line ->
              line.endsWith(" " + socket) && line.split(" ", -1)[3].equals(ACCEPTS_CONNECTIONS));
    }
  }

  public Path socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    children.forEach(ProcessHandle::destroy);
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.deleteIfExists(socket);
  }
}
