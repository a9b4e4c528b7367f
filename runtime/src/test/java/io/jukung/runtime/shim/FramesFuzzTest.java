package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.libc.Memory;
import io.jukung.runtime.Fuzz;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes that no shim sends. */
@Timeout(120)
class FramesFuzzTest {
  @Test
  void framesAreReadOrRefusedHoweverTheyAreCut() throws Exception {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(
        Frames.encode(FromShim.newBuilder().setReply(Reply.newBuilder().setId(7)).build()));
    both.writeBytes(
        Frames.encode(FromShim.newBuilder().setReply(Reply.newBuilder().setId(1L << 40)).build()));
    Fuzz.run(
        List.of(both.toByteArray()),
        input -> {
          int whole = take(input, Math.max(1, input.length));
          assertThat(take(input, 3)).isEqualTo(whole);
        },
        IOException.class);
  }

  /** Gives the bytes to the reader in pieces, and returns how many messages they have. */
  private static int take(byte[] input, int piece) throws IOException {
    Frames frames = new Frames();
    int messages = 0;
    try (Memory chunk = Memory.allocate(piece)) {
      for (int at = 0; at < input.length; at += piece) {
        int count = Math.min(piece, input.length - at);
        chunk.put(0, input, at, count);
        messages += frames.take(chunk, count).size();
      }
    }
    return messages;
  }
}
