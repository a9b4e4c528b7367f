package io.jukung.engine.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class HttpServerTest {
  private final CountDownLatch interrupted = new CountDownLatch(1);
  private ServedRoutes server;
  private final AtomicBoolean acceptFails = new AtomicBoolean();
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  /** A listener that fails once when it is told to, as when no file descriptor is free. */
  private final class FailingListener implements Listener {
    private final Listener listener;

    FailingListener(Listener listener) {
      this.listener = listener;
    }

    @Override
    public @Nullable Wire accept() throws IOException, InterruptedException {
      Wire accepted = listener.accept();
      if (accepted != null && acceptFails.getAndSet(false)) {
        accepted.close();
        throw new IOException("Too many open files");
      }
      return accepted;
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @BeforeEach
  void serve(@TempDir Path directory) throws IOException {
    Router router =
        new Router()
            .get("/hello", exchange -> exchange.sendJson(200, Json.object().put("a", 1)))
            .head("/hello", exchange -> exchange.sendText(200, "", Map.of()))
            .post(
                "/echo",
                exchange -> {
                  byte[] body = exchange.body().readAllBytes();
                  try (var out = exchange.stream(200, "x/y", Map.of())) {
                    out.write(body);
                  }
                })
            .post("/json", exchange -> exchange.sendJson(200, exchange.json()))
            .get(
                "/broken",
                _ -> {
                  throw new IllegalStateException("oops");
                })
            .get(
                "/lost",
                _ -> {
                  throw new IOException("store/a: No space left on device");
                })
            .get(
                "/wordless",
                _ -> {
                  throw new ClosedChannelException();
                })
            .get("/endless", this::endless)
            .get("/slow", this::slow)
            .get(
                "/soon",
                exchange -> {
                  exchange.interruptWhenClientLeaves();
                  exchange.sendText(200, "done", Map.of());
                })
            .post("/hijack", HttpServerTest::hijack);
    server = ServedRoutes.on(directory.resolve("s"), router, FailingListener::new, log::add);
  }

  private void endless(Exchange exchange) throws IOException, InterruptedException {
    exchange.endlessStream(200, "x/y").write('b');
    awaitInterrupt();
  }

  /** Works for a while before there is anything to send. */
  private void slow(Exchange exchange) throws IOException, InterruptedException {
    exchange.interruptWhenClientLeaves();
    awaitInterrupt();
    exchange.sendEmpty(200);
  }

  private void awaitInterrupt() throws InterruptedException {
    try {
      Thread.sleep(10_000);
    } catch (InterruptedException e) {
      interrupted.countDown();
      throw e;
    }
  }

  /** Sends back what comes until the client ends its side, and then a last word. */
  private static void hijack(Exchange exchange) throws IOException {
    Hijacked client = exchange.hijack("application/vnd.docker.raw-stream");
    try (var out = client.output()) {
      client.input().transferTo(out);
      out.write("end".getBytes(UTF_8));
    }
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private SocketChannel send(String text) throws IOException {
    SocketChannel channel = server.connect();
    channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
    return channel;
  }

  private String answer(String text) throws IOException {
    try (SocketChannel channel = send(text)) {
      channel.shutdownOutput();
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
    }
  }

  @Test
  void answerHasTheHeadersOfTheApi() throws IOException {
    assertThat(answer("GET /v1.44/hello HTTP/1.1\r\nHost: docker\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\n")
        .contains("Ostype: linux\r\n", "Docker-Experimental: false\r\n")
        .contains("Content-Type: application/json\r\n", "Content-Length: 8\r\n")
        .endsWith("\r\n\r\n{\"a\":1}\n");
  }

  @Test
  void connectionCarriesOneRequestAfterTheOther() throws IOException {
    String both =
        answer(
            "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
                + "HEAD /hello HTTP/1.1\r\n\r\n"
                + "GET /nothing HTTP/1.1\r\n\r\n");
    assertThat(both)
        .contains("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK")
        .endsWith("{\"message\":\"page not found\"}\n");
  }

  @Test
  void bodyInChunksIsRead() throws IOException {
    String head = "POST /json HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    String chunks = String.join("\r\n", "4", "{\"x\"", "3", ":1}", "0", "", "");
    assertThat(answer(head + chunks)).endsWith("{\"x\":1}\n");
  }

  @Test
  void clientThatWaitsForPermissionGetsIt() throws IOException {
    assertThat(answer("POST /json HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"))
        .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
        .endsWith("{}\n");
  }

  @Test
  void wrongJsonIsAnErrorOfTheClient() throws IOException {
    assertThat(answer("POST /json HTTP/1.1\r\nContent-Length: 1\r\n\r\n{"))
        .startsWith("HTTP/1.1 400 Bad Request")
        .contains("the body is not JSON");
    assertThat(answer("POST /json HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]"))
        .contains("the body is not a JSON object");
  }

  @Test
  void failureOfAHandlerIsAnErrorOfTheServer() throws IOException {
    assertThat(answer("GET /broken HTTP/1.1\r\n\r\n"))
        .startsWith("HTTP/1.1 500 ")
        .contains("\"internal error: oops\"");
    assertThat(log).singleElement().asString().contains("java.lang.IllegalStateException: oops");
  }

  @Test
  void clientGetsTheReasonAndNoNameOfAnException() throws IOException {
    assertThat(answer("GET /lost HTTP/1.1\r\n\r\n"))
        .contains("\"failed: store/a: No space left on device\"");
    assertThat(log).isEmpty();
    assertThat(answer("GET /wordless HTTP/1.1\r\n\r\n"))
        .contains("\"failed: the engine's log says why\"");
    assertThat(log)
        .singleElement()
        .asString()
        .contains("GET /wordless failed: java.nio.channels.ClosedChannelException");
  }

  @Test
  void whatIsNoRequestIsRefused() throws IOException {
    assertThat(answer("hello\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    String many = "X-A: b\r\n".repeat(RequestReader.MAX_HEADERS + 1);
    assertThat(answer("GET /hello HTTP/1.1\r\n" + many + "\r\n")).startsWith("HTTP/1.1 431 ");
    String large = "X-A: " + "b".repeat(70_000) + "\r\n";
    assertThat(answer("GET /hello HTTP/1.1\r\n" + large + "\r\n")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void documentAndRequestLineHaveALargestLength() throws IOException {
    assertThat(
            answer("POST /json HTTP/1.1\r\nContent-Length: 4194305\r\n\r\n" + " ".repeat(4194305)))
        .startsWith("HTTP/1.1 413 ")
        .contains("the body has more than 4194304 bytes");
    String path = "/hello?a=" + "b".repeat(130 << 10);
    assertThat(answer("GET " + path + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void clientBeyondTheLargestNumberWaitsUntilAnotherOneLeaves() throws Exception {
    String request = "GET /hello HTTP/1.1\r\n\r\n";
    List<SocketChannel> clients = new ArrayList<>();
    try {
      for (int i = 0; i < HttpServer.MAX_CONNECTIONS; i++) {
        SocketChannel client = send(request);
        clients.add(client);
        assertThat(client.read(ByteBuffer.allocate(1024))).isPositive();
      }
      try (SocketChannel last = send(request)) {
        last.configureBlocking(false);
        Thread.sleep(200); // a server without the bound would have answered
        assertThat(last.read(ByteBuffer.allocate(1024))).isZero();
        last.configureBlocking(true);
        clients.getFirst().close();
        assertThat(last.read(ByteBuffer.allocate(1024))).isPositive();
      }
    } finally {
      for (SocketChannel each : clients) {
        each.close();
      }
    }
  }

  @Test
  void hijackedConnectionEndsItsTwoSidesOneByOne() throws IOException {
    String answer =
        answer("POST /hijack HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly bytes ");
    assertThat(answer)
        .startsWith("HTTP/1.1 101 UPGRADED\r\n")
        .contains("Upgrade: tcp\r\n")
        .endsWith("\r\n\r\nearly bytes end");
  }

  @Test
  void failedAcceptIsLoggedAndLaterClientsAreServed() throws IOException {
    acceptFails.set(true);
    try (SocketChannel lost = server.connect()) {
      assertThat(Channels.newInputStream(lost).read()).isEqualTo(-1);
    }
    assertThat(answer("GET /hello HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
    assertThat(log).contains("a client was not accepted: Too many open files");
  }

  @Test
  void clientThatGoesAwayEndsAnEndlessStream() throws Exception {
    try (SocketChannel channel = send("GET /endless HTTP/1.1\r\n\r\n")) {
      ByteArrayOutputStream got = new ByteArrayOutputStream();
      while (!got.toString(UTF_8).endsWith("1\r\nb\r\n")) {
        got.write(Channels.newInputStream(channel).read());
      }
    }
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void clientThatGoesAwayEndsTheWorkForAnAnswer() throws Exception {
    send("GET /slow HTTP/1.1\r\n\r\n").close();
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void connectionThatIsWatchedForTheClientsEndIsNotUsedAgain() throws Exception {
    try (SocketChannel channel = send("GET /soon HTTP/1.1\r\n\r\n")) {
      assertThat(new String(Channels.newInputStream(channel).readAllBytes(), UTF_8))
          .contains("\r\nConnection: close\r\n")
          .endsWith("\r\n\r\ndone");
    }
  }
}
