package io.jukung.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySettingsFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdyWindowUpdateFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tests a server's connection with a peer that consists of the codec only. */
class SpdyConnectionTest {
  private final RecordedStreams streams = new RecordedStreams();
  private final SpdyConnection connection = SpdyConnection.server(streams);
  private final EmbeddedChannel server = new EmbeddedChannel(SpdyConnection.codec(), connection);
  private final EmbeddedChannel peer = new EmbeddedChannel(SpdyConnection.codec());

  private static SpdySynStreamFrame syn(int id, String type) {
    var frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
    frame.headers().set("streamtype", type);
    return frame;
  }

  private static SpdyDataFrame data(int id, String text, boolean last) {
    var frame = new DefaultSpdyDataFrame(id, Unpooled.copiedBuffer(text.getBytes()));
    frame.setLast(last);
    return frame;
  }

  /** Returns the frames as the peer's codec encodes them. */
  private byte[] encode(SpdyFrame... frames) {
    ByteBuf all = Unpooled.buffer();
    for (SpdyFrame frame : frames) {
      peer.writeOutbound(frame);
      for (ByteBuf part; (part = peer.readOutbound()) != null; part.release()) {
        all.writeBytes(part);
      }
    }
    return ByteBufUtil.getBytes(all);
  }

  private void receive(byte[] bytes) {
    server.writeInbound(Unpooled.wrappedBuffer(bytes));
  }

  private void send(SpdyFrame... frames) {
    receive(encode(frames));
  }

  /** Returns the decoded answers of the server. */
  private List<SpdyFrame> answers() {
    server.runPendingTasks();
    for (ByteBuf part; (part = server.readOutbound()) != null; ) {
      peer.writeInbound(part);
    }
    List<SpdyFrame> frames = new ArrayList<>();
    for (SpdyFrame frame; (frame = peer.readInbound()) != null; ) {
      frames.add(frame);
    }
    return frames;
  }

  @Test
  void replyPrecedesDataOfAStream() {
    send(syn(1, "error"));
    streams.opened.getFirst().write(Unpooled.copiedBuffer(new byte[] {7}));
    streams.opened.getFirst().end();
    List<SpdyFrame> answers = answers();
    assertThat(answers.get(0)).isInstanceOf(SpdySynReplyFrame.class);
    // moby/spdystream reads a block of at least one header.
    assertThat(((SpdySynReplyFrame) answers.get(0)).headers().isEmpty()).isFalse();
    assertThat(((SpdyDataFrame) answers.get(1)).content().readByte()).isEqualTo((byte) 7);
    assertThat(((SpdyDataFrame) answers.get(2)).isLast()).isTrue();
  }

  @Test
  void streamIsAnsweredOnce() {
    send(syn(1, "stdin"));
    streams.opened.getFirst().reply();
    assertThat(answers()).singleElement().isInstanceOf(SpdySynReplyFrame.class);
  }

  @Test
  void promiseReportsTheResultOfAWrite() {
    send(syn(1, "stdout"));
    SpdyStream stream = streams.opened.getFirst();
    ChannelPromise first = server.newPromise();
    stream.write(Unpooled.copiedBuffer(new byte[] {1}), first);
    stream.end();
    ChannelPromise late = server.newPromise();
    stream.write(Unpooled.copiedBuffer(new byte[] {2}), late);
    answers();
    assertThat(first.isSuccess()).isTrue();
    assertThat(late.cause()).isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void eachHalfOfAStreamEndsSeparately() {
    send(syn(1, "data"), data(1, "one", false), data(1, "two", true));
    assertThat(streams.bytes).hasToString("onetwo");
    assertThat(streams.events).containsExactly("opened 1 data", "ended 1");
    answers();
    streams.opened.getFirst().write(Unpooled.copiedBuffer(new byte[] {1}));
    streams.opened.getFirst().end();
    assertThat(answers()).hasSize(2);
    // The stream is over: frames that come now are ignored.
    send(data(1, "late", false), new DefaultSpdyRstStreamFrame(1, SpdyStreamStatus.CANCEL));
    assertThat(streams.bytes).hasToString("onetwo");
    assertThat(streams.events).containsExactly("opened 1 data", "ended 1");
  }

  @Test
  void sixMebibytesAreSentWithoutAWindowUpdate() {
    send(syn(1, "stdout"));
    for (int i = 0; i < 100; i++) {
      streams.opened.getFirst().write(Unpooled.wrappedBuffer(new byte[64 * 1024]));
    }
    long total =
        answers().stream()
            .filter(SpdyDataFrame.class::isInstance)
            .mapToLong(frame -> ((SpdyDataFrame) frame).content().readableBytes())
            .sum();
    assertThat(total).isEqualTo(100 * 64 * 1024);
  }

  @Test
  void refusedAndInvalidStreamsAreReset() {
    var refused = new DefaultSpdySynStreamFrame(3, 0, (byte) 0);
    refused.headers().set("refuse", "yes");
    send(syn(1, "a"), refused, syn(3, "again"), syn(2, "even"), syn(1, "smaller"));
    assertThat(streams.events).containsExactly("opened 1 a");
    List<Integer> reset =
        answers().stream()
            .filter(SpdyRstStreamFrame.class::isInstance)
            .map(frame -> ((SpdyRstStreamFrame) frame).streamId())
            .toList();
    assertThat(reset).containsExactly(3, 3, 2, 1);
  }

  @Test
  void streamBeyondTheBoundIsRefused() {
    for (int i = 0; i < SpdyConnection.MAX_STREAMS; i++) {
      send(syn(2 * i + 1, "x"));
    }
    answers();
    assertThat(streams.opened).hasSize(SpdyConnection.MAX_STREAMS);
    int next = 2 * SpdyConnection.MAX_STREAMS + 1;
    send(syn(next, "one too many"));
    assertThat(streams.opened).hasSize(SpdyConnection.MAX_STREAMS);
    assertThat(answers()).hasSize(1).first().isInstanceOf(SpdyRstStreamFrame.class);
    send(new DefaultSpdyRstStreamFrame(1, SpdyStreamStatus.CANCEL), syn(next + 2, "fits"));
    assertThat(streams.opened).hasSize(SpdyConnection.MAX_STREAMS + 1);
  }

  @Test
  void pingsAreAnsweredAndOtherFramesIgnored() {
    send(
        new DefaultSpdyPingFrame(1),
        new DefaultSpdyPingFrame(2),
        new DefaultSpdySettingsFrame(),
        new DefaultSpdyWindowUpdateFrame(0, 1000),
        new DefaultSpdyRstStreamFrame(77, SpdyStreamStatus.CANCEL));
    List<SpdyFrame> answers = answers();
    assertThat(answers).hasSize(1);
    assertThat(((SpdyPingFrame) answers.getFirst()).id()).isEqualTo(1);
    assertThat(server.isOpen()).isTrue();
  }

  @Test
  void finishResetsOpenStreamsAndSendsGoAway() {
    send(syn(1, "stdin"), syn(3, "error"));
    streams.opened.get(1).end();
    connection.finish();
    List<SpdyFrame> answers = answers();
    assertThat(answers.getLast()).isInstanceOf(SpdyGoAwayFrame.class);
    assertThat(answers.stream().filter(SpdyRstStreamFrame.class::isInstance)).hasSize(2);
    send(syn(5, "late"));
    assertThat(streams.opened).hasSize(2);
  }

  @Test
  void closedIsCalledAtTheEndOfTheConnection() {
    send(syn(1, "a"));
    assertThat(server.close().isSuccess()).isTrue();
    assertThat(streams.events).last().isEqualTo("closed");
  }

  /** Returns a random sequence of frames that a peer may send. */
  private byte[] conversation(Random random) {
    List<SpdyFrame> frames = new ArrayList<>();
    int last = -1;
    for (int i = 0; i < 30; i++) {
      switch (random.nextInt(6)) {
        case 0, 1 -> frames.add(syn(last += 2, "s" + random.nextInt(5)));
        case 2, 3 ->
            frames.add(data(1 + 2 * random.nextInt(10), "d".repeat(random.nextInt(300)), false));
        case 4 -> frames.add(data(1 + 2 * random.nextInt(10), "", true));
        default ->
            frames.add(
                new DefaultSpdyRstStreamFrame(1 + 2 * random.nextInt(10), SpdyStreamStatus.CANCEL));
      }
    }
    return encode(frames.toArray(SpdyFrame[]::new));
  }

  private static RecordedStreams receivedInPieces(byte[] bytes, Random cuts) {
    RecordedStreams recorded = new RecordedStreams();
    EmbeddedChannel channel =
        new EmbeddedChannel(SpdyConnection.codec(), SpdyConnection.server(recorded));
    int at = 0;
    while (at < bytes.length && channel.isOpen()) {
      int next = Math.min(bytes.length, at + 1 + cuts.nextInt(40));
      channel.writeInbound(Unpooled.wrappedBuffer(bytes, at, next - at));
      at = next;
    }
    channel.finishAndReleaseAll();
    return recorded;
  }

  @Test
  void headersAfterTheFrameThatClosesLeaveNoBuffer() {
    var closing =
        new SimpleChannelInboundHandler<SpdyFrame>() {
          @Override
          protected void channelRead0(ChannelHandlerContext ctx, SpdyFrame frame) {
            var _ = ctx.close();
          }
        };
    EmbeddedChannel channel = new EmbeddedChannel(SpdyConnection.codec(), closing);
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    channel.config().setAllocator(allocator);
    channel.writeInbound(Unpooled.wrappedBuffer(encode(syn(1, "first"), syn(3, "second"))));
    channel.finishAndReleaseAll();
    assertThat(channel.isOpen()).isFalse();
    assertThat(allocator.metric().usedHeapMemory()).as("bytes left behind").isZero();
  }

  @Test
  void framesInPiecesHaveTheSameEffect() {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      RecordedStreams whole = new RecordedStreams();
      EmbeddedChannel fresh =
          new EmbeddedChannel(SpdyConnection.codec(), SpdyConnection.server(whole));
      EmbeddedChannel encoder = new EmbeddedChannel(SpdyConnection.codec());
      SpdyConnectionTest other = new SpdyConnectionTest();
      byte[] bytes = other.conversation(random);
      fresh.writeInbound(Unpooled.wrappedBuffer(bytes));
      fresh.finishAndReleaseAll();
      encoder.finishAndReleaseAll();
      RecordedStreams pieces = receivedInPieces(bytes, random);
      assertThat(pieces.events).as("seed %d", seed).isEqualTo(whole.events);
      assertThat(pieces.bytes.toString()).isEqualTo(whole.bytes.toString());
    }
  }

  @Test
  void damagedFramesOnlyCloseTheConnection() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new SpdyConnectionTest().conversation(random);
      for (int i = random.nextInt(8); i >= 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      if (random.nextInt(3) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      RecordedStreams recorded = receivedInPieces(bytes, random);
      assertThat(recorded.events).as("seed %d", seed).endsWith("closed");
    }
  }

  @Test
  void randomBytesOnlyCloseTheConnection() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(2_000)];
      random.nextBytes(bytes);
      if (bytes.length > 2 && random.nextBoolean()) {
        bytes[0] = (byte) 0x80; // a control frame of version 3
        bytes[1] = 3;
        bytes[2] = 0;
      }
      assertThat(receivedInPieces(bytes, random).events).as("seed %d", seed).endsWith("closed");
    }
  }
}
