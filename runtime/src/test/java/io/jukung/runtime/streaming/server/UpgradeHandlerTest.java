package io.jukung.runtime.streaming.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.terminal.Terminal;
import io.jukung.runtime.spec.ExecOptions;
import io.jukung.runtime.streaming.session.CommandClient;
import io.jukung.runtime.streaming.session.CommandSession;
import io.jukung.runtime.streaming.session.PodSockets;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.jukung.runtime.streaming.session.StreamSessions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The first bytes of a connection, good and bad, with commands that only record. */
class UpgradeHandlerTest {
  private static final StreamRequest.Streams ALL =
      new StreamRequest.Streams(true, true, true, false);

  private static final String WEBSOCKET =
      String.join(
          "\r\n",
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==",
          "");

  private static final String SPDY = "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n";

  private final Tokens tokens = new Tokens(System::nanoTime);
  private final ConnectionLimits limits =
      new ConnectionLimits(ConnectionLimits.MAX_STRANGERS, System::nanoTime);
  private final Recorder recorder = new Recorder();
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          new HttpServerCodec(),
          new HttpObjectAggregator(4096),
          new UpgradeHandler(tokens, limits, recorder));

  /** A session that writes down what it is told. */
  private static final class Recorder implements StreamSessions, CommandSession {
    final List<String> events = new ArrayList<>();

    @Override
    public CommandSession start(CommandClient client, StreamRequest.Command request) {
      events.add("started " + request.containerId());
      return this;
    }

    @Override
    public PodSockets sockets() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void input(ByteBuf bytes) {
      events.add("input " + bytes.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void inputEnded() {
      events.add("input ended");
    }

    @Override
    public void resize(Terminal.Size size) {
      events.add("size " + size.columns() + " " + size.rows());
    }

    @Override
    public void writable() {
      events.add("writable");
    }

    @Override
    public void disconnected() {
      events.add("disconnected");
    }
  }

  private String execToken() {
    return tokens.give(new StreamRequest.Exec("container", List.of("sh"), ExecOptions.NONE, ALL));
  }

  private String answer(String request) {
    channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
    channel.runPendingTasks();
    StringBuilder text = new StringBuilder();
    for (ByteBuf part; (part = channel.readOutbound()) != null; part.release()) {
      text.append(part.toString(StandardCharsets.ISO_8859_1));
    }
    return text.toString();
  }

  private static String get(String path, String headers) {
    return "GET " + path + " HTTP/1.1\r\nHost: here\r\n" + headers + "\r\n";
  }

  @Test
  void unknownTokenIsNotFound() {
    assertThat(answer(get("/exec/unknown", SPDY))).startsWith("HTTP/1.1 404");
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void onlyTheFirstOfManyRequestsIsAnswered() {
    String token = execToken();
    String answer = answer(get("/exec/unknown", SPDY) + get("/exec/" + token, SPDY));
    assertThat(answer.split("HTTP/1.1 ", -1)).as(answer).hasSize(2);
    assertThat(tokens.take(token)).as("the token of the second request").isNotNull();
  }

  @Test
  void clientWithATokenIsToldOfTooManyClients() {
    for (int i = 0; i < ConnectionLimits.MAX_ADMITTED; i++) {
      assertThat(limits.admit(new EmbeddedChannel())).isTrue();
    }
    assertThat(answer(get("/exec/" + execToken(), WEBSOCKET))).startsWith("HTTP/1.1 503");
    assertThat(recorder.events).isEmpty();
  }

  @Test
  void tokenOfAnotherKindIsNotFoundAndGone() {
    String token = execToken();
    assertThat(answer(get("/attach/" + token, SPDY))).startsWith("HTTP/1.1 404");
    assertThat(tokens.take(token)).isNull();
  }

  @Test
  void requestWithoutAnUpgradeIsRefused() {
    assertThat(answer(get("/exec/" + execToken(), ""))).startsWith("HTTP/1.1 400");
    assertThat(recorder.events).isEmpty();
  }

  @Test
  void otherHttpMethodsAreRefusedAndDoNotUseUpTheToken() {
    String token = execToken();
    assertThat(answer("PUT /exec/" + token + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 405");
    assertThat(tokens.take(token)).isNotNull();
  }

  @Test
  void spdyNeedsACommonProtocol() {
    assertThat(answer(get("/exec/" + execToken(), SPDY))).startsWith("HTTP/1.1 400");
  }

  @Test
  void spdyRefusalNamesTheSupportedProtocols() {
    assertThat(
            answer(
                get(
                    "/exec/" + execToken(),
                    SPDY + "X-Stream-Protocol-Version: v9.channel.k8s.io\r\n")))
        .startsWith("HTTP/1.1 403")
        .containsIgnoringCase("x-accepted-stream-protocol-versions: v4.channel.k8s.io");
  }

  @Test
  void spdyTakesTheClientsFirstChoice() {
    String headers =
        SPDY
            + "X-Stream-Protocol-Version: v9.channel.k8s.io, v3.channel.k8s.io\r\n"
            + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n";
    assertThat(answer(get("/exec/" + execToken() + "?x=y", headers)))
        .startsWith("HTTP/1.1 101")
        .containsIgnoringCase("x-stream-protocol-version: v3.channel.k8s.io");
  }

  /** One would keep all of a connection that is gone in memory, until it has run out. */
  @Test
  void closedConnectionsLeaveNoTimers() {
    for (String headers :
        List.of("", SPDY, SPDY + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n", WEBSOCKET)) {
      UpgradeHandlerTest fresh = new UpgradeHandlerTest();
      fresh.answer(get("/exec/" + fresh.execToken(), headers));
      var _ =
          fresh.channel.pipeline().close(); // the embedded channel's own close drops timers itself
      fresh.channel.runPendingTasks();
      assertThat(fresh.channel.runScheduledPendingTasks()).as(headers).isEqualTo(-1);
      fresh.channel.finishAndReleaseAll();
    }
  }

  @Test
  void webSocketCarriesChannels() {
    String answer =
        answer(
            get(
                "/exec/" + execToken(),
                WEBSOCKET + "Sec-WebSocket-Protocol: other, v5.channel.k8s.io\r\n"));
    assertThat(answer)
        .startsWith("HTTP/1.1 101")
        .containsIgnoringCase("sec-websocket-protocol: v5.channel.k8s.io");
    // Binary, masked with zeros: channel 0 "hi"; channel 4 a size; the end of channel 0.
    channel.writeInbound(Unpooled.wrappedBuffer(frame(0x82, "\0hi")));
    channel.writeInbound(Unpooled.wrappedBuffer(frame(0x82, "\4{\"Width\":8,\"Height\":9}")));
    channel.writeInbound(Unpooled.wrappedBuffer(frame(0x82, "\u00ff\0")));
    assertThat(channel.close().isSuccess()).isTrue();
    assertThat(recorder.events)
        .containsExactly(
            "started container", "input hi", "size 8 9", "input ended", "disconnected");
  }

  @Test
  void fragmentsOfAMessageAreJoined() {
    answer(get("/exec/" + execToken(), WEBSOCKET));
    channel.writeInbound(Unpooled.wrappedBuffer(frame(0x02, "\0one ")));
    channel.writeInbound(Unpooled.wrappedBuffer(frame(0x89, "ping between")));
    channel.writeInbound(Unpooled.wrappedBuffer(frame(0x80, "two")));
    assertThat(recorder.events).containsExactly("started container", "input one two");
  }

  @Test
  void webSocketWithoutACommonProtocolIsRefused() {
    assertThat(answer(get("/exec/" + execToken(), WEBSOCKET + "Sec-WebSocket-Protocol: other\r\n")))
        .startsWith("HTTP/1.1 403");
  }

  private static byte[] frame(int head, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
    byte[] frame = new byte[6 + bytes.length];
    frame[0] = (byte) head;
    frame[1] = (byte) (0x80 | bytes.length);
    System.arraycopy(bytes, 0, frame, 6, bytes.length);
    return frame;
  }

  @Test
  void randomWebSocketFramesAreHandledOrEndTheConnection() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      UpgradeHandlerTest fresh = new UpgradeHandlerTest();
      String protocol = random.nextBoolean() ? "v5.channel.k8s.io" : "base64.channel.k8s.io";
      String headers = WEBSOCKET + "Sec-WebSocket-Protocol: " + protocol + "\r\n";
      assertThat(fresh.answer(get("/exec/" + fresh.execToken(), headers))).contains(" 101 ");
      for (int i = random.nextInt(10); i >= 0 && fresh.channel.isOpen(); i--) {
        fresh.channel.writeInbound(Unpooled.wrappedBuffer(randomFrame(random)));
        fresh.channel.runPendingTasks();
      }
      fresh.channel.finishAndReleaseAll();
      assertThat(fresh.recorder.events).as("seed %d", seed).endsWith("disconnected");
    }
  }

  private static byte[] randomFrame(Random random) {
    byte[] content = new byte[random.nextInt(120)];
    random.nextBytes(content);
    byte[] frame = frame(random.nextInt(256), new String(content, StandardCharsets.ISO_8859_1));
    if (random.nextInt(4) == 0) {
      frame[random.nextInt(frame.length)] = (byte) random.nextInt();
    }
    return random.nextInt(8) == 0 ? Arrays.copyOf(frame, random.nextInt(frame.length)) : frame;
  }

  @Test
  void randomHttpIsRefusedOrWaitsForMore() {
    for (int seed = 0; seed < 1_000; seed++) {
      Random random = new Random(seed);
      UpgradeHandlerTest fresh = new UpgradeHandlerTest();
      byte[] request = get("/exec/x", SPDY).getBytes(StandardCharsets.US_ASCII);
      for (int i = random.nextInt(6); i >= 0; i--) {
        request[random.nextInt(request.length)] = (byte) random.nextInt();
      }
      String answer = fresh.answer(new String(request, StandardCharsets.ISO_8859_1));
      assertThat(answer.isEmpty() || answer.startsWith("HTTP/1.1 4")).as(answer).isTrue();
      fresh.channel.finishAndReleaseAll();
    }
  }
}
