package io.jukung.image.layer;

import static io.jukung.image.layer.RawTar.BLOCK;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.jukung.image.content.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Unpacks random archives, which are made from seeds. Each is unpacked or refused, changes nothing
 * outside its layer, ends, and takes bounded memory. Needs root.
 */
@Timeout(300)
@ParameterizedClass
@EnumSource(LayerFormat.class)
class TarFuzzTest {
  private final LayerFormat format;
  private static final int ROUNDS = 600;
  private static final LayerLimits SMALL = new LayerLimits(1 << 20, 500, 0);

  /**
   * Enough for the buffers of reader and writer and for one header extension of the largest size.
   */
  private static final long MAX_ALLOCATED_BYTES = 24L << 20;

  private static final String[] WORDS = {
    "a",
    "b",
    "etc",
    "passwd",
    "..",
    ".",
    "",
    ".wh.a",
    ".wh.",
    ".wh...",
    ".wh..wh..opq",
    "x y",
    "outside",
    "secret",
    "\u00e9\u00ff",
    "proc",
    "self",
    "n".repeat(100),
  };

  @TempDir Path temporary;
  private Path outside;
  private Map<String, String> before;
  private LayerFixture layers;

  TarFuzzTest(LayerFormat format) {
    this.format = format;
  }

  @BeforeEach
  void open() throws IOException {
    outside = Files.createDirectory(temporary.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "host");
    before = TreeSnapshot.of(outside);
    layers = new LayerFixture(temporary.resolve("store"), format, SMALL);
  }

  @AfterEach
  void checkThatTheHostIsUnchanged() throws IOException {
    assertThat(TreeSnapshot.of(outside)).isEqualTo(before);
    try (Stream<Path> all = Files.list(temporary)) {
      assertThat(all).hasSize(2);
    }
    layers.assertNothingUnfinished();
  }

  @Test
  void randomArchivesChangeNothingOutsideTheirLayer() throws Exception {
    int unpacked = 0;
    for (int round = 0; round < ROUNDS; round++) {
      unpacked += unpack(archive(new Random(round)), round) ? 1 : 0;
    }
    // If all archives were refused at once, the test would prove nothing.
    assertThat(unpacked).isBetween(ROUNDS / 20, ROUNDS);
  }

  @Test
  void mutatedArchivesChangeNothingOutsideTheirLayer() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(1_000_000L + round);
      byte[] tar = archive(random);
      for (int i = random.nextInt(5); i >= 0; i--) {
        tar = mutated(tar, random);
      }
      unpack(tar, round);
    }
  }

  /** Unpacks the archive and returns whether it was accepted. */
  private boolean unpack(byte[] tar, int round) throws IOException, InterruptedException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = threads.getCurrentThreadAllocatedBytes();
    boolean accepted = true;
    try (LayerDraft draft = layers.store().draft(format)) {
      draft.unpack(new ByteArrayInputStream(tar), Digest.sha256(tar), round % 2 == 0);
    } catch (LayerFormatException e) {
      accepted = false;
      assertThat(e.getMessage()).as("round %d", round).isNotEmpty();
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
        .as("bytes allocated in round %d", round)
        .isLessThan(MAX_ALLOCATED_BYTES);
    return accepted;
  }

  // ── generators ─────────────────────────────────────────────────────────────────────────────

  private byte[] archive(Random random) {
    byte[] tar = new byte[0];
    for (int i = random.nextInt(12); i >= 0; i--) {
      tar = RawTar.concat(tar, member(random));
    }
    return random.nextInt(8) == 0 ? tar : RawTar.concat(tar, new byte[2 * BLOCK]);
  }

  private byte[] member(Random random) {
    String name = path(random);
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> RawTar.file(cut(name), "content of " + name);
      case 3, 4 -> RawTar.empty(cut(name) + "/", '5', "");
      case 5, 6 -> RawTar.empty(cut(name), '2', cut(target(random)));
      case 7 -> RawTar.empty(cut(name), '1', cut(target(random)));
      case 8 -> RawTar.empty(cut(name), "346".charAt(random.nextInt(3)), "");
      case 9 -> RawTar.concat(extension(random), RawTar.file(cut(name), "extended"));
      case 10 ->
          RawTar.concat(
              RawTar.member(
                  RawTar.header(
                      "././@LongLink", "LK".charAt(random.nextInt(2)), octal(name.length())),
                  name.getBytes(ISO_8859_1)),
              RawTar.file("short", "long"));
      default -> RawTar.empty(cut(name), (char) random.nextInt(128), cut(target(random)));
    };
  }

  private byte[] extension(Random random) {
    Map<String, byte[]> records = new TreeMap<>();
    String[] keys = {
      "path",
      "linkpath",
      "size",
      "uid",
      "gid",
      "mtime",
      "GNU.sparse.major",
      "GNU.sparse.map",
      "GNU.sparse.realsize",
      "GNU.sparse.name",
      "SCHILY.xattr.user.a",
      "SCHILY.xattr.trusted.overlay.redirect",
      "SCHILY.xattr.security.capability",
    };
    for (int i = random.nextInt(3); i >= 0; i--) {
      String value =
          switch (random.nextInt(5)) {
            case 0 -> path(random);
            case 1 -> Long.toString(random.nextLong());
            case 2 -> Integer.toString(random.nextInt(4));
            case 3 -> "1e9";
            default -> "0,1,5,2";
          };
      records.put(keys[random.nextInt(keys.length)], value.getBytes(ISO_8859_1));
    }
    return RawTar.pax(random.nextInt(6) == 0 ? 'g' : 'x', records);
  }

  private static String path(Random random) {
    StringBuilder path = new StringBuilder(random.nextInt(10) == 0 ? "/" : "");
    for (int i = random.nextInt(4); i >= 0; i--) {
      String word = WORDS[random.nextInt(WORDS.length)];
      path.append(word.equals("..") && random.nextInt(3) > 0 ? "a" : word);
      path.append(i > 0 ? "/" : "");
    }
    return path.toString();
  }

  private String target(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> outside.toString();
      case 1 -> "../".repeat(random.nextInt(20)) + outside.toString().substring(1) + "/secret";
      case 2 -> "/proc/self/cwd";
      default -> path(random);
    };
  }

  private static String cut(String name) {
    return name.length() > 99 ? name.substring(0, 99) : name;
  }

  private static String octal(int number) {
    return Integer.toOctalString(number);
  }

  private static byte[] mutated(byte[] tar, Random random) {
    if (tar.length < BLOCK) {
      return tar;
    }
    byte[] result = tar.clone();
    int block = random.nextInt(tar.length / BLOCK) * BLOCK;
    switch (random.nextInt(6)) {
      case 0 -> result[block + random.nextInt(BLOCK)] = (byte) random.nextInt();
      case 1 -> RawTar.put(result, block + 124, octal(random.nextInt()));
      case 2 -> {
        // The largest size that base 256 can express.
        result[block + 124] = (byte) 0x80;
        result[block + 128] = (byte) random.nextInt();
      }
      case 3 -> {
        return Arrays.copyOf(result, random.nextInt(result.length));
      }
      case 4 -> System.arraycopy(tar, 0, result, block, BLOCK);
      default -> result[block + 156] = (byte) random.nextInt(128);
    }
    System.arraycopy(
        RawTar.checksummed(Arrays.copyOfRange(result, block, block + BLOCK)),
        0,
        result,
        block,
        BLOCK);
    return result;
  }
}
