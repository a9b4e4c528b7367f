package io.jukung.runtime.nri.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.jukung.nri.v1alpha1.KeyValue;
import io.jukung.ttrpc.Request;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TtrpcPeerTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final TtrpcPeer.Channels RUNTIME = new TtrpcPeer.Channels(1, 2);
  private static final TtrpcPeer.Channels PLUGIN = new TtrpcPeer.Channels(2, 1);

  @TempDir Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private SocketChannel here;
  private SocketChannel there;

  @BeforeEach
  void connect() throws IOException {
    var address = UnixDomainSocketAddress.of(directory.resolve("s"));
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      here = SocketChannel.open(address);
      there = server.accept();
    }
    open.add(here);
    open.add(there);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private TtrpcPeer runtime(TtrpcPeer.Handler handler) {
    return keep(
        TtrpcPeer.start(new Multiplexer(here), RUNTIME, handler, ended::countDown, "test runtime"));
  }

  private TtrpcPeer plugin(TtrpcPeer.Handler handler) {
    return keep(TtrpcPeer.start(new Multiplexer(there), PLUGIN, handler, () -> {}, "test plugin"));
  }

  private TtrpcPeer keep(TtrpcPeer peer) {
    open.addFirst(peer);
    return peer;
  }

  private static KeyValue value(String text) {
    return KeyValue.newBuilder().setValue(text).build();
  }

  private static KeyValue call(TtrpcPeer peer, String text, Duration timeout) throws Exception {
    return peer.call("a.Service", "Echo", value(text), KeyValue.parser(), timeout);
  }

  private static final TtrpcPeer.Handler ECHO =
      (service, method, payload) -> {
        try {
          return KeyValue.parseFrom(payload).toBuilder().setKey(service + "/" + method).build();
        } catch (IOException e) {
          throw new TtrpcException(TtrpcException.INVALID_ARGUMENT, String.valueOf(e));
        }
      };

  @Test
  void bothSidesCallEachOtherOverOneSocket() throws Exception {
    TtrpcPeer runtime = runtime(ECHO);
    TtrpcPeer plugin = plugin(ECHO);

    assertThat(call(runtime, "down", LONG).getValue()).isEqualTo("down");
    assertThat(call(plugin, "up", LONG).getKey()).isEqualTo("a.Service/Echo");
  }

  @Test
  void messagesOfMegabytesPass() throws Exception {
    TtrpcPeer runtime = runtime(ECHO);
    plugin(ECHO);
    String text = "x".repeat(3 << 20);

    assertThat(call(runtime, text, LONG).getValue()).isEqualTo(text);
  }

  @Test
  void requestAboveTheLimitIsNotSent() {
    TtrpcPeer runtime = runtime(ECHO);

    assertThatThrownBy(() -> call(runtime, "x".repeat(5 << 20), LONG))
        .isInstanceOf(TtrpcException.class)
        .hasMessageContaining("the request has");
    assertThat(runtime.isClosed()).isFalse();
  }

  @Test
  void errorOfTheOtherSideHasItsCode() {
    TtrpcPeer runtime = runtime(ECHO);
    plugin(
        (_, _, _) -> {
          throw new TtrpcException(TtrpcException.FAILED_PRECONDITION, "not now");
        });

    assertThatThrownBy(() -> call(runtime, "x", LONG))
        .isInstanceOfSatisfying(
            TtrpcException.class,
            e -> assertThat(e.code()).isEqualTo(TtrpcException.FAILED_PRECONDITION))
        .hasMessage("not now");
  }

  @Test
  void callEndsAfterItsTimeoutAlthoughTheOtherSideReadsNothing() {
    TtrpcPeer runtime = runtime(ECHO);

    assertThatThrownBy(() -> call(runtime, "x".repeat(3 << 20), Duration.ofMillis(200)))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void callFailsWhenTheOtherSideEnds() throws Exception {
    TtrpcPeer runtime = runtime(ECHO);
    CountDownLatch called = new CountDownLatch(1);
    TtrpcPeer plugin =
        plugin(
            (_, _, _) -> {
              called.countDown();
              try {
                TimeUnit.SECONDS.sleep(LONG.toSeconds());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return value("");
            });
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                called.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              plugin.close();
            });

    assertThatThrownBy(() -> call(runtime, "x", LONG)).isInstanceOf(IOException.class);
    assertThat(ended.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void callsBeyondTheLimitEndTheConnection() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    runtime(
        (_, _, _) -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return value("");
        });
    for (int i = 0; i < 17; i++) {
      write(2, request(2 * i + 1));
    }

    assertThat(ended.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    release.countDown();
  }

  private static byte[] request(int stream) {
    byte[] body =
        Request.newBuilder()
            .setService("a.Service")
            .setMethod("Echo")
            .setPayload(ByteString.EMPTY)
            .build()
            .toByteArray();
    return new TtrpcFrame(stream, TtrpcFrame.REQUEST, (byte) 0, body).encode();
  }

  private void write(int channel, byte[] bytes) throws IOException {
    ByteBuffer piece = ByteBuffer.allocate(8 + bytes.length).putInt(channel).putInt(bytes.length);
    write(piece.put(bytes).flip());
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      there.write(bytes);
    }
  }

  @Test
  void piecesOfUnknownChannelsAreSkipped() throws Exception {
    TtrpcPeer runtime = runtime(ECHO);
    write(77, new byte[1000]);
    TtrpcPeer plugin = plugin(ECHO);

    assertThat(call(plugin, "x", LONG).getValue()).isEqualTo("x");
    assertThat(runtime.isClosed()).isFalse();
  }

  @Test
  void seededBytesOfAHostilePluginEndOnlyItsConnection() throws Exception {
    for (long seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      CountDownLatch closed = new CountDownLatch(1);
      TtrpcPeer peer =
          TtrpcPeer.start(new Multiplexer(here), RUNTIME, ECHO, closed::countDown, "hostile");
      byte[] bytes = new byte[1 + random.nextInt(4000)];
      random.nextBytes(bytes);
      if (random.nextBoolean()) { // a valid header, and nonsense in the message
        ByteBuffer header = ByteBuffer.wrap(bytes);
        if (bytes.length > 18) {
          header.putInt(1 + random.nextInt(2)).putInt(bytes.length - 8);
          header.putInt(random.nextInt(bytes.length)).putInt(random.nextInt());
          header.put((byte) random.nextInt(4));
        }
      }
      try {
        write(ByteBuffer.wrap(bytes));
      } catch (IOException e) {
        assertThat(e).as("seed %d: the peer has closed already", seed).isNotNull();
      }
      there.close();
      assertThat(closed.await(LONG.toSeconds(), TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
      assertThatThrownBy(() -> call(peer, "x", LONG)).isInstanceOf(IOException.class);
      java.nio.file.Files.delete(directory.resolve("s"));
      connect();
    }
  }
}
