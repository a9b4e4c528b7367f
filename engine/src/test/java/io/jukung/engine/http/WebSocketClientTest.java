package io.jukung.engine.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WebSocketClientTest {
  private static final byte[] MASK = {1, 2, 3, 4};

  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

  /** What a client sends and gets, without a network. */
  private WebSocketClient client(byte[]... frames) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] each : frames) {
      all.writeBytes(each);
    }
    ByteBuffer received = ByteBuffer.wrap(all.toByteArray());
    Wire wire =
        new Wire() {
          @Override
          public int read(ByteBuffer into) {
            if (!received.hasRemaining()) {
              return -1;
            }
            into.put(received.get()); // as slowly as a network may be
            return 1;
          }

          @Override
          public void write(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
              sent.write(bytes.get());
            }
          }

          @Override
          public void endOutput() {}

          @Override
          public void close() {}
        };
    return new WebSocketClient(new Connection(wire), ByteBuffer.allocate(0));
  }

  private static byte[] frame(int first, String content) {
    byte[] bytes = content.getBytes(US_ASCII);
    ByteBuffer frame = ByteBuffer.allocate(8 + bytes.length).put((byte) first);
    if (bytes.length < 126) {
      frame.put((byte) (0x80 | bytes.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) bytes.length);
    }
    frame.put(MASK);
    for (int i = 0; i < bytes.length; i++) {
      frame.put((byte) (bytes[i] ^ MASK[i % 4]));
    }
    return Arrays.copyOf(frame.array(), frame.position());
  }

  @Test
  void keyIsAnsweredAsInTheStandardsExample() {
    assertThat(WebSocketClient.accept("dGhlIHNhbXBsZSBub25jZQ=="))
        .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  @Test
  void contentOfAllFramesIsOneInput() throws IOException {
    String text = "x".repeat(300);
    WebSocketClient client =
        client(frame(0x02, "ab"), frame(0x89, "?"), frame(0x80, text), frame(0x88, ""));
    assertThat(new String(client.input().readAllBytes(), US_ASCII)).isEqualTo("ab" + text);
    assertThat(sent.toByteArray()).as("the answer to the ping").containsExactly(0x8a, 1, '?');
  }

  @Test
  void outputIsFramesAndEndsWithAClose() throws IOException {
    try (var out = client().output()) {
      out.write("hello".getBytes(US_ASCII));
      out.write(new byte[200]);
    }
    byte[] all = sent.toByteArray();
    assertThat(all).startsWith(0x82, 5, 'h').endsWith(0x88, 0);
    assertThat(all).hasSize(2 + 5 + 4 + 200 + 2);
    assertThat(all[7 + 1]).isEqualTo((byte) 126);
  }

  @Test
  void whatIsNoFrameIsRefused() {
    for (byte[] each :
        new byte[][] {
          {(byte) 0x82, 1, 'x'}, // without a mask
          frame(0xc2, "a"), // compressed
          frame(0x89, "x".repeat(200)), // too long for a ping
          {(byte) 0x82, (byte) 0x85, 1, 2}, // cut off
        }) {
      assertThatThrownBy(() -> client(each).input().readAllBytes()).isInstanceOf(IOException.class);
    }
  }
}
