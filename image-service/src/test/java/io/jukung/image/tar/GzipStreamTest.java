package io.jukung.image.tar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Tests both compressors with the same content, which is written in pieces of odd sizes. */
class GzipStreamTest {
  private static final int BUFFER_BYTES = 4096;
  private static final int ROUNDS = 60;

  /** More than igzip's input and output buffers. */
  private static final int MAX_BYTES = 600_000;

  @FunctionalInterface
  private interface Compressor {
    OutputStream on(OutputStream out) throws Exception;
  }

  @Test
  void whatIsWrittenInPiecesOfAnySizeIsReadBack() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      byte[] plain = content(new Random(round));
      assertThat(decompressed(compressed(plain, round, GzipStreamTest::zlib)))
          .as("round %d by zlib", round)
          .isEqualTo(plain);
      assertThat(decompressed(compressed(plain, round, GzipStreamTest::present)))
          .as("round %d by what is here", round)
          .isEqualTo(plain);
    }
  }

  @Test
  void theSameContentGivesTheSameBytes() throws Exception {
    byte[] plain = content(new Random(ROUNDS));
    for (Compressor each : new Compressor[] {GzipStreamTest::zlib, GzipStreamTest::present}) {
      assertThat(compressed(plain, 1, each)).isEqualTo(compressed(plain, 1, each));
    }
  }

  @Test
  void anEmptyStreamIsAMemberWithoutContent() throws Exception {
    assertThat(decompressed(compressed(new byte[0], 0, GzipStreamTest::present))).isEmpty();
    assertThat(decompressed(compressed(new byte[0], 0, GzipStreamTest::zlib))).isEmpty();
  }

  @Test
  void theHeaderHasNoTimeAndNoName() throws Exception {
    byte[] header = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0};
    for (Compressor each : new Compressor[] {GzipStreamTest::zlib, GzipStreamTest::present}) {
      assertThat(compressed(new byte[] {1}, 0, each)).startsWith(header);
    }
  }

  private static OutputStream zlib(OutputStream out) throws Exception {
    return new GzipStream.Zlib(out, BUFFER_BYTES);
  }

  private static OutputStream present(OutputStream out) throws Exception {
    return GzipStream.compress(out, BUFFER_BYTES);
  }

  private static byte[] compressed(byte[] plain, long seed, Compressor compressor)
      throws Exception {
    Random random = new Random(seed);
    var compressed = new ByteArrayOutputStream();
    try (OutputStream out = compressor.on(compressed)) {
      for (int done = 0; done < plain.length; ) {
        int count = Math.min(plain.length - done, 1 + random.nextInt(MAX_BYTES / 2));
        out.write(plain, done, count);
        done += count;
      }
    }
    return compressed.toByteArray();
  }

  private static byte[] decompressed(byte[] compressed) throws Exception {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
      return in.readAllBytes();
    }
  }

  /** Bytes that compress well, badly, or not at all. */
  private static byte[] content(Random random) {
    byte[] content = new byte[random.nextInt(MAX_BYTES)];
    int kind = random.nextInt(3);
    if (kind == 0) {
      random.nextBytes(content);
    } else if (kind == 1) {
      Arrays.fill(content, (byte) 'a');
    } else {
      for (int i = 0; i < content.length; i++) {
        content[i] = (byte) random.nextInt(1 + i % 16);
      }
    }
    return content;
  }
}
