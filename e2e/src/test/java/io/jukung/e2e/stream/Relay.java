package io.jukung.e2e.stream;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Node;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The streaming server's port in a node's network, as a unix socket that this JVM can reach. */
public final class Relay implements AutoCloseable {
  private final Path socket;
  private final Process process;

  private Relay(Path socket, Process process) {
    this.socket = socket;
    this.process = process;
  }

  /** To where the URL leads. */
  public static Relay to(Node node, URI url) throws Exception {
    return start(node, url, "TCP:" + url.getHost() + ":" + url.getPort());
  }

  /** To where the https URL leads, if the server there has a certificate of this authority. */
  public static Relay toTls(Node node, URI url, Path authority) throws Exception {
    return start(
        node,
        url,
        "OPENSSL:" + url.getHost() + ":" + url.getPort() + ",verify=1,cafile=" + authority);
  }

  private static Relay start(Node node, URI url, String server) throws Exception {
    Path socket = node.directory().resolve("relay-" + url.getPort() + ".sock");
    Files.deleteIfExists(socket);
    // -t: how long one direction may go on after the other has ended.
    List<String> command =
        List.of("socat", "-t", "600", "UNIX-LISTEN:" + socket + ",fork,backlog=512", server);
    Process process =
        new ProcessBuilder(node.inside(command))
            .redirectErrorStream(true)
            .redirectOutput(node.directory().resolve("relay.log").toFile())
            .start();
    Await.until("the relay listens", () -> Files.exists(socket));
    return new Relay(socket, process);
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
