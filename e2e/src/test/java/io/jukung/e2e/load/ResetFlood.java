package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Opens HTTP/2 streams and resets them at once (CVE-2023-44487). The daemon must close the
 * connection, and go on to serve others.
 *
 * @param resets how many streams, if the daemon lets them through
 */
public record ResetFlood(int resets) implements Load {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int END_HEADERS = 4;
  private static final int CANCEL = 8;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    long before = Usage.pssKib(testbed, Long.toString(testbed.daemon().pid()));
    try (Bystander bystander = Bystander.start(testbed)) {
      int sent = flood(testbed.daemon().socket());
      report.line("the daemon closed the connection after %d resets", sent);
      assertThat(sent).as("resets until the connection was closed").isLessThan(resets);
      bystander.assertAnswered(report);
    }
    assertThat(testbed.daemon().isAlive()).as("the daemon lives").isTrue();
    long after = Usage.pssKib(testbed, Long.toString(testbed.daemon().pid()));
    report.line("PSS of the daemon: %d KiB before, %d KiB after", before, after);
  }

  /** Returns how many streams were reset before the connection was closed. */
  private int flood(Path socket) throws IOException {
    byte[] headers = headers();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer start = ByteBuffer.allocate(64);
      start.put(PREFACE);
      frame(start, SETTINGS, 0, 0, new byte[0]);
      write(channel, start);
      Thread.ofVirtual().start(() -> drain(channel));
      byte[] code = ByteBuffer.allocate(4).putInt(CANCEL).array();
      ByteBuffer pair = ByteBuffer.allocate(2 * 9 + headers.length + code.length);
      for (int i = 0; i < resets; i++) {
        pair.clear();
        frame(pair, HEADERS, END_HEADERS, 2 * i + 1, headers);
        frame(pair, RST_STREAM, 0, 2 * i + 1, code);
        try {
          write(channel, pair);
        } catch (IOException e) {
          return i; // the daemon has closed the connection
        }
      }
    }
    return resets;
  }

  /** Reads what the daemon answers, so that it does not wait for this client. */
  private static void drain(SocketChannel channel) {
    ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
    try {
      while (channel.read(buffer.clear()) >= 0) {
        // The answers are of no interest.
      }
    } catch (IOException e) {
      return; // closed, which the writer sees too
    }
  }

  private static void write(SocketChannel channel, ByteBuffer buffer) throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /** A frame of RFC 9113, section 4.1. */
  private static void frame(ByteBuffer out, int type, int flags, int stream, byte[] payload) {
    out.put((byte) 0).putShort((short) payload.length);
    out.put((byte) type).put((byte) flags).putInt(stream).put(payload);
  }

  /** Literal header fields without indexing (RFC 7541, section 6.2.2). */
  private static byte[] headers() {
    ByteBuffer block = ByteBuffer.allocate(256);
    literal(block, ":method", "POST");
    literal(block, ":scheme", "http");
    literal(block, ":path", "/runtime.v1.RuntimeService/Version");
    literal(block, ":authority", "localhost");
    literal(block, "content-type", "application/grpc");
    literal(block, "te", "trailers");
    byte[] bytes = new byte[block.position()];
    block.flip().get(bytes);
    return bytes;
  }

  private static void literal(ByteBuffer block, String name, String value) {
    block.put((byte) 0);
    block.put((byte) name.length()).put(name.getBytes(StandardCharsets.US_ASCII));
    block.put((byte) value.length()).put(value.getBytes(StandardCharsets.US_ASCII));
  }
}
