package io.jukung.e2e.stream;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Node;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * A process of the node that has no token, and opens as many connections to the streaming server as
 * it can. It connects again wherever the server closes.
 */
public final class Flood implements AutoCloseable {
  private static final String READY = "all connections were opened";
  private static final int READ_BYTES = 4096;

  /** The kinds of floods, by what each connection sends. */
  public enum Kind {
    NOTHING,
    SLOW_HEADERS,
    MANY_REQUESTS,
    TLS_HELLO
  }

  private final Process process;

  private Flood(Process process) {
    this.process = process;
  }

  /** Starts the flood, and returns when it has opened each connection once. */
  public static Flood start(Node node, URI url, Kind kind, int connections) throws Exception {
    Path log = node.directory().resolve("flood-" + kind + ".log");
    Process process =
        new ProcessBuilder(
                node.inside(
                    List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Flood.class.getName(),
                        url.getHost(),
                        Integer.toString(url.getPort()),
                        kind.name(),
                        Integer.toString(connections))))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Flood flood = new Flood(process);
    try {
      Await.until(
          READY,
          () -> {
            String text = Files.readString(log);
            if (!process.isAlive()) {
              throw new AssertionError("the flood ended: " + text);
            }
            return text.contains(READY);
          });
      return flood;
    } catch (Exception | Error e) {
      flood.close();
      throw e;
    }
  }

  public boolean isRunning() {
    return process.isAlive();
  }

  @Override
  public void close() {
    // The child of nsenter is the flood. It would go on without its parent.
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The flooding process. Its arguments are host, port, kind and the number of connections. */
  public static void main(String[] words) throws Exception {
    InetSocketAddress address = new InetSocketAddress(words[0], Integer.parseInt(words[1]));
    byte[] first = first(Kind.valueOf(words[2]));
    byte[] again = again(Kind.valueOf(words[2]));
    SocketChannel[] connections = new SocketChannel[Integer.parseInt(words[3])];
    for (boolean ready = false; ; ready = true) {
      for (int i = 0; i < connections.length; i++) {
        if (connections[i] == null || !use(connections[i], again)) {
          connections[i] = connect(address, first);
        }
      }
      if (!ready) {
        System.out.println(READY);
      }
    }
  }

  private static @Nullable SocketChannel connect(InetSocketAddress address, byte[] first)
      throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.connect(address);
      channel.configureBlocking(false);
      channel.write(ByteBuffer.wrap(first));
      return channel;
    } catch (IOException e) {
      channel.close(); // reset while connecting
      return null;
    }
  }

  /** Returns false if the connection has ended. */
  private static boolean use(SocketChannel channel, byte[] more) throws IOException {
    try {
      if (more.length > 0) {
        channel.write(ByteBuffer.wrap(more));
      }
      ByteBuffer answer = ByteBuffer.allocate(READ_BYTES);
      if (channel.read(answer) >= 0) {
        return true;
      }
    } catch (IOException e) {
      // The server has reset the connection.
    }
    channel.close();
    return false;
  }

  private static byte[] first(Kind kind) throws Exception {
    return switch (kind) {
      case NOTHING -> new byte[0];
      case SLOW_HEADERS -> bytes("GET /exec/guessed HTTP/1.1\r\nHost: node\r\nX-Slow: ");
      case MANY_REQUESTS -> again(kind);
      case TLS_HELLO -> {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        yield bytes(hello.flip());
      }
    };
  }

  private static byte[] again(Kind kind) {
    return switch (kind) {
      case NOTHING, TLS_HELLO -> new byte[0];
      case SLOW_HEADERS -> bytes("x");
      case MANY_REQUESTS -> bytes("GET /exec/guessed HTTP/1.1\r\nHost: node\r\n\r\n".repeat(50));
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
