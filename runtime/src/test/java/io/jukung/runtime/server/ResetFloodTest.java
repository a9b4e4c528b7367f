package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.server.FakeServices.FakeRuntime;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** CVE-2023-44487: streams opened and reset as fast as the socket takes them. */
@Timeout(60)
class ResetFloodTest {
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int END_HEADERS = 4;
  private static final int CANCEL = 8;

  /** Well above the server's bound for one window. */
  private static final int RESETS = 50_000;

  @TempDir Path directory;

  @Test
  void floodedConnectionIsClosedAndOthersAreServed() throws Exception {
    Path socket = directory.resolve("jukung.sock");
    try (CriServer server =
            CriServer.start(
                ListeningSocket.claim(socket),
                Config.DEFAULTS.server(),
                List.of(new FakeRuntime()));
        CriChannel channel = CriChannel.open(socket, 1 << 20)) {
      assertThat(server).isNotNull();

      assertThat(connectionDiesUnderFlood(socket)).isTrue();

      RuntimeServiceGrpc.newBlockingStub(channel.grpc())
          .stopContainer(StopContainerRequest.getDefaultInstance());
    }
  }

  private static boolean connectionDiesUnderFlood(Path socket) throws IOException {
    try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      Thread reader = Thread.ofVirtual().start(() -> drain(connection));
      write(
          connection,
          ByteBuffer.wrap("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      write(connection, frame(SETTINGS, 0, 0, new byte[0]));
      byte[] headers = headers("/runtime.v1.RuntimeService/StopContainer");
      for (int i = 0; i < RESETS; i++) {
        int stream = 2 * i + 1;
        write(connection, frame(HEADERS, END_HEADERS, stream, headers));
        write(connection, frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, CANCEL}));
      }
      reader.interrupt();
      return false;
    } catch (IOException brokenPipe) {
      return true;
    }
  }

  private static void drain(SocketChannel connection) {
    ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
    try {
      while (connection.read(buffer.clear()) >= 0) {
        // Only kept from filling the socket.
      }
    } catch (IOException closed) {
      return; // the writer sees it too
    }
  }

  private static void write(SocketChannel connection, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      connection.write(bytes);
    }
  }

  /** RFC 9113, section 4.1. */
  private static ByteBuffer frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) 0)
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .flip();
  }

  /** RFC 7541: POST and http from the static table, the rest as literals that are not indexed. */
  private static byte[] headers(String path) {
    ByteBuffer block = ByteBuffer.allocate(256).put((byte) 0x83).put((byte) 0x86);
    literal(block, ":path", path);
    literal(block, ":authority", "localhost");
    literal(block, "content-type", "application/grpc");
    literal(block, "te", "trailers");
    byte[] bytes = new byte[block.flip().remaining()];
    block.get(bytes);
    return bytes;
  }

  private static void literal(ByteBuffer block, String name, String value) {
    block.put((byte) 0);
    for (String text : List.of(name, value)) {
      block.put((byte) text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
