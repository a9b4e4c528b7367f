package io.jukung.runtime.streaming.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebSocketTunnelTest {
  private final EmbeddedChannel channel = new EmbeddedChannel(new WebSocketTunnel());

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  @Test
  void pingIsAnsweredWithItsContent() {
    channel.writeInbound(new PingWebSocketFrame(content()));

    PongWebSocketFrame pong = channel.readOutbound();
    assertThat(pong.content().toString(StandardCharsets.UTF_8)).isEqualTo("hello");
    pong.release();
  }

  @Test
  void clientThatPingsWithoutReadingTheAnswersIsDisconnected() {
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    ByteBuf content = content();

    channel.writeInbound(new PingWebSocketFrame(content));

    assertThat(channel.isOpen()).isFalse();
    assertThat(content.refCnt()).isZero();
  }

  private static ByteBuf content() {
    return Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8);
  }
}
