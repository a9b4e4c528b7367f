package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Footprint;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.RawClient;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.StreamUrls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sends valid sessions and requests with seeded random damage. */
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class StreamingFuzzIT {
  private static final int CONNECTIONS = 400;
  private static final int AT_ONCE = 4;

  /** How long to wait for the end of a session that the server has no reason to end. */
  private static final Duration PATIENCE = Duration.ofMillis(100);

  private static final String WORD = "a word to echo";

  /** What a client does, and the bytes that it sends. */
  enum Session {
    EXEC_BY_SPDY(spdyUpgrade("v4.channel.k8s.io")),
    EXEC_BY_WEBSOCKET(webSocketUpgrade("v5.channel.k8s.io")),
    ATTACH_BY_SPDY(spdyUpgrade("v4.channel.k8s.io")),
    PORT_BY_SPDY(spdyUpgrade("portforward.k8s.io")),
    PORT_BY_TUNNEL(webSocketUpgrade("SPDY/3.1+portforward.k8s.io")),
    PORT_BY_CHANNELS(webSocketUpgrade("v4.channel.k8s.io"));

    private static final int PORT = 7007;

    private final String upgrade;

    Session(String upgrade) {
      this.upgrade = upgrade;
    }

    URI url(Testbed testbed, Pod pod, String container) {
      return switch (this) {
        case EXEC_BY_SPDY, EXEC_BY_WEBSOCKET ->
            StreamUrls.exec(testbed.client(), container, Streams.ALL, "cat");
        case ATTACH_BY_SPDY -> StreamUrls.attach(testbed.client(), container, Streams.ALL);
        case PORT_BY_SPDY, PORT_BY_TUNNEL -> StreamUrls.portForward(testbed.client(), pod.id());
        case PORT_BY_CHANNELS -> StreamUrls.portForward(testbed.client(), pod.id(), PORT);
      };
    }

    byte[] frames() {
      return switch (this) {
        case EXEC_BY_SPDY -> endedSpdy(command());
        case ATTACH_BY_SPDY -> spdy(command()); // an end of input would end the session
        case EXEC_BY_WEBSOCKET -> webSocket(new byte[] {(byte) 255, 0});
        case PORT_BY_SPDY -> endedSpdy(port());
        case PORT_BY_TUNNEL -> inWebSocket(endedSpdy(port()));
        case PORT_BY_CHANNELS -> webSocket(new byte[] {0, '\n'});
      };
    }

    private static String spdyUpgrade(String protocol) {
      return "POST %s HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
          + "X-Stream-Protocol-Version: "
          + protocol
          + "\r\n\r\n";
    }

    private static String webSocketUpgrade(String protocol) {
      return "GET %s HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==\r\n"
          + "Sec-WebSocket-Protocol: "
          + protocol
          + "\r\n\r\n";
    }

    private static byte[] word() {
      return (WORD + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Frames that open the streams, and send a word on the second. */
    private static List<SpdyFrame> frames(List<Map<String, String>> streams) {
      List<SpdyFrame> frames = new ArrayList<>();
      for (int i = 0; i < streams.size(); i++) {
        var frame = new DefaultSpdySynStreamFrame(2 * i + 1, 0, (byte) 0);
        streams.get(i).forEach((name, value) -> frame.headers().set(name, value));
        frames.add(frame);
      }
      frames.add(new DefaultSpdyPingFrame(1));
      frames.add(new DefaultSpdyDataFrame(3, Unpooled.wrappedBuffer(word())));
      return frames;
    }

    private static List<SpdyFrame> command() {
      return frames(
          List.of(
              Map.of("streamtype", "error"),
              Map.of("streamtype", "stdin"),
              Map.of("streamtype", "stdout"),
              Map.of("streamtype", "stderr")));
    }

    private static List<SpdyFrame> port() {
      String port = Integer.toString(PORT);
      return frames(
          List.of(
              Map.of("streamtype", "error", "port", port, "requestid", "0"),
              Map.of("streamtype", "data", "port", port, "requestid", "0")));
    }

    private static byte[] spdy(List<SpdyFrame> frames) {
      return encode(new SpdyFrameCodec(SpdyVersion.SPDY_3_1), frames.toArray());
    }

    private static byte[] endedSpdy(List<SpdyFrame> frames) {
      var last = new DefaultSpdyDataFrame(3);
      last.setLast(true);
      frames.add(last);
      return spdy(frames);
    }

    private static byte[] webSocket(byte[] last) {
      return encode(
          new WebSocket13FrameEncoder(true),
          new PingWebSocketFrame(Unpooled.wrappedBuffer(word())),
          new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {0}, word())),
          new BinaryWebSocketFrame(Unpooled.wrappedBuffer(last)));
    }

    private static byte[] inWebSocket(byte[] bytes) {
      return encode(
          new WebSocket13FrameEncoder(true),
          new BinaryWebSocketFrame(Unpooled.wrappedBuffer(bytes)));
    }

    private static byte[] encode(ChannelHandler encoder, Object... frames) {
      EmbeddedChannel channel = new EmbeddedChannel(encoder);
      channel.writeOutbound(frames);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (ByteBuf part; (part = channel.readOutbound()) != null; part.release()) {
        byte[] copy = new byte[part.readableBytes()];
        part.readBytes(copy);
        bytes.writeBytes(copy);
      }
      channel.finishAndReleaseAll();
      return bytes.toByteArray();
    }
  }

  @ParameterizedTest
  @EnumSource
  void damagedSessionsLeakNothing(Session session, Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("fuzzed", NamespaceMode.POD);
    String container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "echo",
                    testbed.busybox(),
                    List.of("sh", "-c", "nc -ll -p 7007 -e cat & while :; do cat; sleep 1; done"))
                .setStdin(true)
                .build());
    URI url = session.url(testbed, pod, container);
    try (Relay relay = Relay.to(testbed.node(), url)) {
      awaitAnswer(relay, session, testbed, pod, container);
      Footprint before = Footprint.of(testbed);
      int logged = testbed.daemon().log().length();
      try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
          Random random = new Random(i);
          all.add(
              threads.submit(
                  () ->
                      send(
                          relay,
                          session,
                          session.url(testbed, pod, container),
                          damaged(session.frames(), random),
                          PATIENCE)));
        }
        for (Future<?> each : all) {
          each.get();
        }
      }
      assertThat(testbed.daemon().log().substring(logged))
          .as("stack traces and leaks")
          .doesNotContain("\tat ", "LEAK");
      awaitAnswer(relay, session, testbed, pod, container);
      Footprint.awaitBackAt(before, testbed);
    }
  }

  /** Waits until the undamaged session is answered: servers in the pod may still be starting. */
  private static void awaitAnswer(
      Relay relay, Session session, Testbed testbed, Pod pod, String container) throws Exception {
    Await.until(
        "an answer",
        () ->
            send(
                    relay,
                    session,
                    session.url(testbed, pod, container),
                    session.frames(),
                    Duration.ofSeconds(1))
                .contains(WORD));
  }

  private static String send(
      Relay relay, Session session, URI url, byte[] frames, Duration patience) throws Exception {
    byte[] request = session.upgrade.formatted(url.getPath()).getBytes(StandardCharsets.US_ASCII);
    return RawClient.send(relay.socket(), patience, request, frames);
  }

  private static byte[] damaged(byte[] frames, Random random) {
    byte[] bytes = frames.clone();
    switch (random.nextInt(5)) {
      case 0 -> random.nextBytes(bytes);
      case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 2 -> {
        // A part is sent twice.
        int from = random.nextInt(bytes.length);
        int to = from + random.nextInt(bytes.length - from);
        ByteArrayOutputStream twice = new ByteArrayOutputStream();
        twice.write(bytes, 0, to);
        twice.write(bytes, from, bytes.length - from);
        bytes = twice.toByteArray();
      }
      default -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
    }
    return bytes;
  }

  @Test
  void damagedRequestsLeakNothing(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("noise", NamespaceMode.POD);
    URI url = StreamUrls.portForward(testbed.client(), pod.id());
    String request = Session.PORT_BY_SPDY.upgrade.formatted(url.getPath());
    try (Relay relay = Relay.to(testbed.node(), url)) {
      Footprint before = Footprint.of(testbed);
      for (int i = 0; i < CONNECTIONS; i++) {
        Random random = new Random(i);
        byte[] bytes = damaged(request.getBytes(StandardCharsets.US_ASCII), random);
        RawClient.send(relay.socket(), PATIENCE.dividedBy(4), bytes);
      }
      Footprint.awaitBackAt(before, testbed);
    }
  }
}
