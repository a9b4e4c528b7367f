package io.jukung.engine.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.streaming.CommandStreams;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Hijacked;
import io.jukung.engine.http.Router;
import io.jukung.engine.http.ServedRoutes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions of clients over real HTTP, with a process that is a fake one. */
@Timeout(60)
class StreamSessionTest {
  private static final String ATTACH =
      "POST /attach HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
  private static final String ATTACH_WEB_SOCKET =
      String.join(
          "\r\n",
          "GET /attach HTTP/1.1",
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "",
          "");

  /** An interactive container whose input stays for the next client. */
  private static final StreamSession.Wanted TERMINAL =
      wanted(/* stdin= */ true, /* tty= */ true, /* endsInput= */ false, /* raw= */ true);

  /** How the session has ended; empty: its client has left. */
  private final CompletableFuture<Optional<CommandStreams.End>> end = new CompletableFuture<>();

  private FakeStreams streams;
  private ServedRoutes server;
  private StreamSession.Wanted wanted = TERMINAL;

  @BeforeEach
  void serve(@TempDir Path directory) throws Exception {
    streams = new FakeStreams();
    Router router =
        new Router()
            .post("/attach", exchange -> run(exchange, exchange.hijack(Frames.RAW)))
            .get("/attach", exchange -> run(exchange, exchange.webSocket()));
    server = ServedRoutes.on(directory.resolve("s"), router);
  }

  private void run(Exchange exchange, Hijacked client) throws IOException, InterruptedException {
    try (OutputStream out = client.output();
        StreamSession session = StreamSession.open(streams.endpoint(), wanted, out)) {
      end.complete(Optional.ofNullable(session.run(client)));
    } catch (IOException | RuntimeException e) {
      end.completeExceptionally(new IOException(exchange.method() + " failed", e));
      throw e;
    } finally {
      client.end();
    }
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    streams.close();
  }

  /** Sends a request, and waits until the session is there: its answer has come. */
  private SocketChannel attach(String request) throws IOException {
    SocketChannel client = server.connect();
    client.write(ByteBuffer.wrap(request.getBytes(UTF_8)));
    // The whole head: a client that leaves bytes unread resets its connection when it closes.
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(UTF_8).endsWith("\r\n\r\n")) {
      head.write(Channels.newInputStream(client).read());
    }
    assertThat(head.toString(UTF_8)).startsWith("HTTP/1.1 101 ");
    return client;
  }

  private static StreamSession.Wanted wanted(
      boolean stdin, boolean tty, boolean endsInput, boolean raw) {
    return new StreamSession.Wanted(stdin, true, true, tty, endsInput, raw, "");
  }

  @Test
  void clientOfATerminalThatGoesAwayEndsTheSession() throws Exception {
    wanted = TERMINAL;
    attach(ATTACH).close();
    assertThat(end.get(30, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void clientOfAWebSocketWithoutInputThatGoesAwayEndsTheSession() throws Exception {
    wanted = wanted(/* stdin= */ false, /* tty= */ false, /* endsInput= */ false, /* raw= */ true);
    attach(ATTACH_WEB_SOCKET).close();
    assertThat(end.get(30, TimeUnit.SECONDS)).isEmpty();
  }

  @Test
  void clientWithFramesThatEndsItsInputGetsTheRestOfTheOutput() throws Exception {
    wanted = wanted(/* stdin= */ true, /* tty= */ false, /* endsInput= */ true, /* raw= */ false);
    try (SocketChannel client = attach(ATTACH)) {
      client.shutdownOutput();
      assertThat(Channels.newInputStream(client).readAllBytes())
          .asString(UTF_8)
          .isEqualTo("\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0003bye");
    }
    assertThat(end.get(30, TimeUnit.SECONDS)).contains(new CommandStreams.End(0, ""));
  }
}
