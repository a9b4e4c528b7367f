package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.SpdyClient;
import io.jukung.e2e.stream.StreamUrls;
import io.jukung.e2e.stream.WebSocketClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Port-forwarding as Kubernetes clients do it: over SPDY, SPDY in a WebSocket, and WebSocket
 * channels.
 */
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class PortForwardIT {
  private static final int ECHO = 7007;
  private static final int GREETING = 7008;

  private static final String SERVERS =
      "nc -ll -p "
          + ECHO
          + " -e cat & nc -ll -p "
          + GREETING
          + " -e echo hello from $HOSTNAME & wait";

  /** How the client makes its SPDY connection. */
  enum Way {
    DIRECT {
      @Override
      SpdyClient connect(Relay relay, URI url) throws Exception {
        return SpdyClient.connect(relay.socket(), url, "portforward.k8s.io");
      }
    },
    TUNNEL {
      @Override
      SpdyClient connect(Relay relay, URI url) throws Exception {
        return SpdyClient.tunnel(relay.socket(), url);
      }
    };

    abstract SpdyClient connect(Relay relay, URI url) throws Exception;
  }

  private static URI url(Testbed testbed, Pod pod, Integer... ports) {
    return StreamUrls.portForward(testbed.client(), pod.id(), ports);
  }

  /** The two streams of one forwarded connection. */
  private record Forwarded(SpdyClient.Stream error, SpdyClient.Stream data) {
    static Forwarded open(SpdyClient client, int port, int request) throws Exception {
      return new Forwarded(
          client.open(headers("error", port, request)),
          client.open(headers("data", port, request)));
    }

    static Map<String, String> headers(String type, int port, int request) {
      return Map.of(
          "streamtype",
          type,
          "port",
          Integer.toString(port),
          "requestid",
          Integer.toString(request));
    }
  }

  private static void awaitListening(Testbed testbed, String container, int port) throws Exception {
    String hex = ":%04X ".formatted(port);
    Await.until(
        "a server listens on port " + port,
        () ->
            testbed
                .exec(container, "sh", "-c", "cat /proc/net/tcp /proc/net/tcp6")
                .getStdout()
                .toStringUtf8()
                .contains(hex));
  }

  private static Pod podWithServers(Testbed testbed, NamespaceMode network) throws Exception {
    Pod pod = testbed.runPod("ports", network);
    String container = testbed.runShell(pod, "servers", SERVERS);
    awaitListening(testbed, container, ECHO);
    awaitListening(testbed, container, GREETING);
    return pod;
  }

  @ParameterizedTest
  @EnumSource
  void forwardedConnectionReachesThePod(Way way, Testbed testbed) throws Exception {
    URI url = url(testbed, podWithServers(testbed, NamespaceMode.POD));
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = way.connect(relay, url)) {
      Forwarded greeting = Forwarded.open(client, GREETING, 0);
      assertThat(greeting.data().received.awaitEnd()).isEqualTo("hello from ports\n");
      greeting.data().end();
      assertThat(greeting.error().received.awaitEnd()).isEmpty();
      Forwarded echo = Forwarded.open(client, ECHO, 1);
      echo.data().write("there".getBytes(StandardCharsets.UTF_8));
      echo.data().received.awaitText("there");
      echo.data().write(" and back".getBytes(StandardCharsets.UTF_8));
      echo.data().end(); // ends only the input: the rest of the output still comes back
      assertThat(echo.data().received.awaitEnd()).isEqualTo("there and back");
      assertThat(echo.error().received.awaitEnd()).isEmpty();
    }
  }

  @Test
  void forwardedConnectionReachesAPodInTheHostNetwork(Testbed testbed) throws Exception {
    URI url = url(testbed, podWithServers(testbed, NamespaceMode.NODE));
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = Way.DIRECT.connect(relay, url)) {
      Forwarded echo = Forwarded.open(client, ECHO, 0);
      echo.data().write("host".getBytes(StandardCharsets.UTF_8));
      echo.data().end();
      assertThat(echo.data().received.awaitEnd()).isEqualTo("host");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:7009", "[::1]:7009"})
  void serverOnTheIpv4OrIpv6LoopbackIsFound(String address, Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("family", NamespaceMode.POD);
    String container =
        testbed.runShell(
            pod, "web", "mkdir /w; echo page >/w/index.html; httpd -f -p " + address + " -h /w");
    awaitListening(testbed, container, 7009);
    URI url = url(testbed, pod);
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = Way.DIRECT.connect(relay, url)) {
      Forwarded web = Forwarded.open(client, 7009, 0);
      web.data().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      assertThat(web.data().received.awaitEnd()).contains("200 OK").endsWith("page\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void closedPortIsReportedOnTheErrorStream(Way way, Testbed testbed) throws Exception {
    URI url = url(testbed, podWithServers(testbed, NamespaceMode.POD));
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = way.connect(relay, url)) {
      Forwarded none = Forwarded.open(client, 9, 0);
      assertThat(none.error().received.awaitEnd())
          .contains("error forwarding port 9")
          .contains("127.0.0.1: ")
          .contains("[::1]: ")
          .contains("refused");
      none.data().received.awaitEnd();
      // The SPDY connection can still be used for other ports.
      Forwarded echo = Forwarded.open(client, GREETING, 1);
      assertThat(echo.data().received.awaitEnd()).isEqualTo("hello from ports\n");
    }
  }

  @Test
  void invalidStreamHeadersAreRefused(Testbed testbed) throws Exception {
    URI url = url(testbed, podWithServers(testbed, NamespaceMode.POD));
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = Way.DIRECT.connect(relay, url)) {
      assertThat(client.isRefused(Forwarded.headers("stdin", ECHO, 0))).isTrue();
      assertThat(client.isRefused(Forwarded.headers("data", 0, 0))).isTrue();
      assertThat(client.isRefused(Forwarded.headers("data", 65536, 0))).isTrue();
      assertThat(client.isRefused(Map.of("streamtype", "data"))).isTrue();
      Forwarded.open(client, ECHO, 0);
      assertThat(client.isRefused(Forwarded.headers("data", ECHO, 0))).isTrue();
      // Old clients send no request ids: an error stream and the next data stream are a pair.
      Map<String, String> error = Map.of("streamtype", "error", "port", "" + GREETING);
      Map<String, String> data = Map.of("streamtype", "data", "port", "" + GREETING);
      client.open(error);
      assertThat(client.open(data).received.awaitEnd()).isEqualTo("hello from ports\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void concurrentConnectionsDoNotMixTheirBytes(Way way, Testbed testbed) throws Exception {
    URI url = url(testbed, podWithServers(testbed, NamespaceMode.POD));
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = way.connect(relay, url);
        ExecutorService threads = Executors.newFixedThreadPool(32)) {
      // One after the other: busybox's server queues only one connection that it has not accepted.
      List<Forwarded> open = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Forwarded echo = Forwarded.open(client, ECHO, i);
        echo.data().write(new byte[] {(byte) i});
        echo.data().received.awaitTotal(1);
        open.add(echo);
      }
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < open.size(); i++) {
        byte[] bytes = new byte[20_001];
        new Random(i).nextBytes(bytes);
        bytes[0] = (byte) i;
        Forwarded echo = open.get(i);
        all.add(
            threads.submit(
                () -> {
                  echo.data().write(Arrays.copyOfRange(bytes, 1, bytes.length));
                  echo.data().end();
                  echo.data().received.awaitEnd();
                  assertThat(echo.error().received.awaitEnd()).isEmpty();
                  assertThat(echo.data().received.bytes()).isEqualTo(bytes);
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
  }

  @Test
  void oneGibibyteArrivesUnchangedInBothDirections(Testbed testbed) throws Exception {
    byte[] block = new byte[8 << 20];
    new Random(1).nextBytes(block);
    int times = (1 << 30) / block.length;
    Path file = testbed.node().directory().resolve("block");
    Files.write(file, block);
    Pod pod = testbed.runPod("much", NamespaceMode.POD);
    String servers =
        "nc -ll -p 7010 -e sh -c 'for i in $(seq %d); do cat /block; done' & nc -ll -p 7011 -e md5sum & wait"
            .formatted(times);
    String container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(), "much", testbed.busybox(), List.of("sh", "-c", servers))
                .addMounts(
                    Mount.newBuilder()
                        .setHostPath(file.toString())
                        .setContainerPath("/block")
                        .setReadonly(true))
                .build());
    awaitListening(testbed, container, 7010);
    awaitListening(testbed, container, 7011);
    URI url = url(testbed, pod);
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = Way.DIRECT.connect(relay, url)) {
      Forwarded down = Forwarded.open(client, 7010, 0);
      down.data().received.onlyCount();
      Await.until(
          "the stream has ended", Duration.ofMinutes(3), () -> down.data().received.hasEnded());
      assertThat(down.data().received.total()).isEqualTo(1 << 30);
      CRC32C expected = new CRC32C();
      for (int i = 0; i < times; i++) {
        expected.update(block);
      }
      assertThat(down.data().received.checksum()).isEqualTo(expected.getValue());

      Forwarded up = Forwarded.open(client, 7011, 1);
      MessageDigest sent = MessageDigest.getInstance("MD5");
      for (int i = 0; i < times; i++) {
        block[0] = (byte) i;
        up.data().write(block);
        sent.update(block);
      }
      up.data().end();
      assertThat(up.data().received.awaitEnd()).startsWith(HexFormat.of().formatHex(sent.digest()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v4.channel.k8s.io", "v4.base64.channel.k8s.io"})
  void portsAreForwardedOverWebSocketChannels(String protocol, Testbed testbed) throws Exception {
    Pod pod = podWithServers(testbed, NamespaceMode.POD);
    URI url = url(testbed, pod, GREETING, 9);
    try (Relay relay = Relay.to(testbed.node(), url);
        WebSocketClient socket = WebSocketClient.connect(relay.socket(), url, protocol)) {
      socket.awaitClose();
      byte[] port = {(byte) GREETING, (byte) (GREETING >> 8)};
      assertThat(socket.channel(0).bytes()).startsWith(port);
      assertThat(socket.channel(0).text()).endsWith("hello from ports\n");
      assertThat(socket.channel(1).bytes()).isEqualTo(port);
      assertThat(socket.channel(3).text()).contains("error forwarding port 9");
    }
    URI nameless = url(testbed, pod);
    try (Relay relay = Relay.to(testbed.node(), nameless)) {
      assertThatThrownBy(() -> WebSocketClient.connect(relay.socket(), nameless, protocol))
          .hasMessageContaining("400");
    }
  }

  @Test
  void forwardedConnectionEndsWhenThePodStops(Testbed testbed) throws Exception {
    Pod pod = podWithServers(testbed, NamespaceMode.POD);
    URI url = url(testbed, pod);
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = Way.DIRECT.connect(relay, url)) {
      Forwarded echo = Forwarded.open(client, ECHO, 0);
      echo.data().write("x".getBytes(StandardCharsets.UTF_8));
      echo.data().received.awaitText("x");
      testbed.stopPod(pod.id());
      echo.data().received.awaitEnd();
      Forwarded after = Forwarded.open(client, ECHO, 1);
      assertThat(after.error().received.awaitEnd()).contains("not ready");
    }
  }
}
