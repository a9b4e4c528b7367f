package io.jukung.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsServerTest {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private InetSocketAddress address;
  private MetricsServer server;

  private static List<Family> one() {
    return List.of(Reading.gauge("one", "Always 1", () -> 1));
  }

  @BeforeEach
  void start() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = new InetSocketAddress(InetAddress.getLoopbackAddress(), free.getLocalPort());
    }
    server = MetricsServer.start(address, one());
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private HttpResponse<String> request(String method, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void pageIsServedAgainAndAgain() throws Exception {
    for (int i = 0; i < 3 * MetricsServer.MAX_CONNECTIONS; i++) {
      HttpResponse<String> page = request("GET", "/metrics?x=y");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("content-type"))
          .contains("text/plain; version=0.0.4; charset=utf-8");
      assertThat(page.body()).isEqualTo("# HELP one Always 1\n# TYPE one gauge\none 1\n");
    }
  }

  @Test
  void openMetricsAreServedToThoseWhoAcceptThem() throws Exception {
    HttpResponse<String> page =
        request("GET", "/metrics", "Accept", "application/openmetrics-text; version=1.0.0");
    assertThat(page.headers().firstValue("content-type").orElseThrow())
        .startsWith("application/openmetrics-text; version=1.0.0");
    assertThat(page.body()).endsWith("one 1\n# EOF\n");
  }

  @Test
  void headHasNoBodyAndOtherRequestsAreRefused() throws Exception {
    HttpResponse<String> head = request("HEAD", "/metrics");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValueAsLong("content-length").orElseThrow()).isGreaterThan(40);
    assertThat(head.body()).isEmpty();
    assertThat(request("POST", "/metrics").statusCode()).isEqualTo(405);
    assertThat(request("GET", "/").statusCode()).isEqualTo(404);
    assertThat(request("GET", "/metrics/x").statusCode()).isEqualTo(404);
  }

  @Test
  void failureToReadANumberIsAnErrorForThatRequestAlone() throws Exception {
    server.close();
    boolean[] broken = {true};
    server =
        MetricsServer.start(
            address,
            List.of(
                Reading.gauge(
                    "one",
                    "Always 1",
                    () -> {
                      if (broken[0]) {
                        throw new IllegalStateException("broken");
                      }
                      return 1;
                    })));
    assertThat(request("GET", "/metrics").statusCode()).isEqualTo(500);
    broken[0] = false;
    assertThat(request("GET", "/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void connectionsAboveTheLimitAreClosed() throws Exception {
    List<Socket> idle = new ArrayList<>();
    try {
      for (int i = 0; i < MetricsServer.MAX_CONNECTIONS; i++) {
        idle.add(new Socket(address.getAddress(), address.getPort()));
      }
      try (Socket next = new Socket(address.getAddress(), address.getPort())) {
        next.setSoTimeout(20_000);
        assertThat(next.getInputStream().read()).isEqualTo(-1);
      }
      idle.getFirst().setSoTimeout(20_000);
      idle.getFirst()
          .getOutputStream()
          .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(
              new String(idle.getFirst().getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 200 OK")
          .endsWith("one 1\n");
    } finally {
      for (Socket each : idle) {
        each.close();
      }
    }
  }

  @Test
  void unixSocketIsServed(@TempDir Path directory) throws Exception {
    UnixDomainSocketAddress path = UnixDomainSocketAddress.of(directory.resolve("m.sock"));
    try (MetricsServer _ = MetricsServer.start(path, one());
        SocketChannel connection = SocketChannel.open(path)) {
      connection.write(
          ByteBuffer.wrap("GET /metrics HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(4096);
      while (connection.read(answer) >= 0) {
        assertThat(answer.hasRemaining()).isTrue();
      }
      assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8))
          .contains(" 200 OK")
          .endsWith("one 1\n");
    }
  }
}
