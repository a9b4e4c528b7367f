package io.jukung.image.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jukung.linux.igzip.Igzip;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

/** Tests both inflaters with the same input, which arrives in pieces of odd sizes. */
class GzipInputStreamTest {
  private static final int ROUNDS = 200;

  @Test
  void membersOfEveryKindAreReadFromInputInPiecesOfAnySize() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(round);
      ByteArrayOutputStream plain = new ByteArrayOutputStream();
      ByteArrayOutputStream gzip = new ByteArrayOutputStream();
      for (int i = random.nextInt(4); i >= 0; i--) {
        byte[] part = content(random);
        plain.writeBytes(part);
        gzip.writeBytes(member(part, random));
      }
      byte[] compressed = gzip.toByteArray();
      int seed = round;
      assertThat(inflated(compressed, seed, RawInflater.Jdk::new))
          .as("round %d by the JDK", round)
          .isEqualTo(plain.toByteArray());
      assertThat(inflated(compressed, seed, RawInflater::open))
          .as("round %d by what is here", round)
          .isEqualTo(plain.toByteArray());
    }
  }

  @Test
  void bothInflatersGiveTheSameResultForDamagedMembers() throws Exception {
    assumeThat(Igzip.open().map(this::closed)).as("libisal2 is here").isPresent();
    int refused = 0;
    for (int round = 0; round < ROUNDS * 2; round++) {
      Random random = new Random(round);
      byte[] damaged = member(content(random), random);
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Optional<byte[]> jdk = outcome(damaged, round, RawInflater.Jdk::new);
      Optional<byte[]> other = outcome(damaged, round, RawInflater::open);
      assertThat(other.isPresent()).as("round %d", round).isEqualTo(jdk.isPresent());
      if (jdk.isPresent()) {
        assertThat(other.orElseThrow()).as("round %d", round).isEqualTo(jdk.get());
      }
      refused += jdk.isPresent() ? 0 : 1;
    }
    assertThat(refused).isPositive();
  }

  private boolean closed(Igzip igzip) {
    igzip.close();
    return true;
  }

  private static Optional<byte[]> outcome(byte[] gzip, int seed, Supplier<RawInflater> inflater) {
    try {
      return Optional.of(inflated(gzip, seed, inflater));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static byte[] inflated(byte[] gzip, int seed, Supplier<RawInflater> inflater)
      throws IOException {
    Random random = new Random(seed);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 + random.nextInt(50_000)];
    try (var in = new GzipInputStream(new Pieces(gzip, random), inflater.get())) {
      int count;
      while ((count = in.read(buffer, 0, buffer.length)) > 0) {
        out.write(buffer, 0, count);
      }
    }
    return out.toByteArray();
  }

  /** Delivers the bytes in small pieces, as a slow connection does. */
  private static final class Pieces extends InputStream {
    private final ByteArrayInputStream in;
    private final Random random;
    private final int longest;

    Pieces(byte[] bytes, Random random) {
      this.in = new ByteArrayInputStream(bytes);
      this.random = random;
      this.longest = random.nextBoolean() ? 20 : 200_000;
    }

    @Override
    public int read(byte[] target, int start, int length) {
      return in.read(target, start, Math.min(length, 1 + random.nextInt(longest)));
    }

    @Override
    public int read() {
      return in.read();
    }
  }

  /** Random bytes, text, or nothing. */
  private static byte[] content(Random random) {
    byte[] content = new byte[random.nextInt(4) == 0 ? random.nextInt(5) : random.nextInt(40_000)];
    if (random.nextBoolean()) {
      random.nextBytes(content);
    } else {
      for (int i = 0; i < content.length; i++) {
        content[i] = (byte) ("layer ".charAt(i % 6) + (random.nextInt(20) == 0 ? 1 : 0));
      }
    }
    return content;
  }

  private static byte[] member(byte[] content, Random random) {
    Deflater deflater = new Deflater(random.nextInt(10), /* nowrap= */ true);
    deflater.setStrategy(random.nextInt(3));
    deflater.setInput(content);
    deflater.finish();
    byte[] deflated = new byte[content.length + content.length / 8 + 1000];
    int length = 0;
    while (!deflater.finished()) {
      length += deflater.deflate(deflated, length, deflated.length - length);
    }
    deflater.end();
    CRC32 crc = new CRC32();
    crc.update(content);
    ByteArrayOutputStream member = new ByteArrayOutputStream();
    int flags = random.nextBoolean() ? 8 : 0;
    member.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 0, 0, 0, 0, 0, 3});
    if (flags != 0) {
      member.writeBytes(new byte[] {'n', 'a', 'm', 'e', 0});
    }
    member.write(deflated, 0, length);
    writeInt(member, (int) crc.getValue());
    writeInt(member, content.length);
    return member.toByteArray();
  }

  private static void writeInt(ByteArrayOutputStream out, int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >>> shift);
    }
  }
}
