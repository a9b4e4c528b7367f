package io.jukung.runtime.nri.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TtrpcFrameTest {
  private final List<TtrpcFrame> received = new ArrayList<>();
  private final TtrpcFrame.Decoder decoder = new TtrpcFrame.Decoder(received::add);

  @Test
  void headerHasLengthStreamTypeAndFlagsBigEndian() {
    byte[] encoded = new TtrpcFrame(0x01020304, (byte) 1, (byte) 2, new byte[] {7, 8}).encode();

    assertThat(encoded).containsExactly(0, 0, 0, 2, 1, 2, 3, 4, 1, 2, 7, 8);
  }

  @Test
  void framesArePutTogetherFromPiecesOfAnySize() throws Exception {
    ByteBuffer stream = ByteBuffer.allocate(1 << 16);
    for (int i = 0; i < 20; i++) {
      stream.put(new TtrpcFrame(2 * i + 1, (byte) 1, (byte) 0, new byte[i * 37]).encode());
    }
    stream.flip();
    for (long seed = 0; seed < 50; seed++) {
      received.clear();
      Random random = new Random(seed);
      ByteBuffer rest = stream.duplicate();
      while (rest.hasRemaining()) {
        int length = Math.min(rest.remaining(), 1 + random.nextInt(200));
        decoder.feed(rest.slice(rest.position(), length));
        rest.position(rest.position() + length);
      }
      assertThat(received).as("seed %d", seed).hasSize(20);
      for (int i = 0; i < 20; i++) {
        assertThat(received.get(i).stream()).isEqualTo(2 * i + 1);
        assertThat(received.get(i).body()).hasSize(i * 37);
      }
    }
  }

  @Test
  void frameAboveTheLimitIsRefusedBeforeItsBodyIsRead() {
    for (int length : List.of(TtrpcFrame.MAX_BODY_BYTES + 1, -1, Integer.MIN_VALUE)) {
      ByteBuffer header = ByteBuffer.allocate(10).putInt(length).putInt(1).putShort((short) 256);
      TtrpcFrame.Decoder fresh = new TtrpcFrame.Decoder(received::add);

      assertThatThrownBy(() -> fresh.feed(header.flip()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the limit is 4194304");
    }
  }
}
