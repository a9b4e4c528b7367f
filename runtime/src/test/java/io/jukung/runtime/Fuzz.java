package io.jukung.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Feeds a parser with changed copies of real inputs, and with random bytes. The parser must accept
 * the real inputs, and answer every other input quickly, with little memory, and with a result or
 * one of the exceptions that it declares for bad input.
 *
 * <p>{@code -Dfuzz.seed=N} chooses other inputs, {@code -Dfuzz.rounds=N} more of them. A failure
 * names the seed of its input.
 */
public final class Fuzz {
  private static final long SEED = Long.getLong("fuzz.seed", 20261129);
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 1_000);

  /** Far more than any of the small inputs needs; a whole collection may fall into it. */
  private static final Duration MAX_TIME = Duration.ofSeconds(10);

  private static final long MAX_ALLOCATED_BYTES = 96L << 20;
  private static final int MAX_INPUT_BYTES = 1 << 20;
  private static final int MAX_CHANGES = 6;

  /** Parts that parsers of JSON, TOML, headers and lines have stumbled over. */
  private static final String[] TOKENS = {
    "null",
    "true",
    "{}",
    "[]",
    "[null]",
    "{\"\":{}}",
    "-1",
    "0",
    "1e999999999",
    "0.1",
    "9223372036854775808",
    "-9223372036854775809",
    "2147483648",
    "4294967295",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\u0000",
    "\r\n",
    "\n",
    "\t",
    "=",
    ":",
    "::",
    ",",
    "\"",
    "'",
    "\\",
    "/",
    "..",
    "../..",
    "%00",
    "%",
    "#",
    "?",
    "@",
    "\u00ff\u00fe",
    "\u202e",
    "[[",
    "]]",
    "'''",
    "\"\"\"",
    "sha256:",
    "application/octet-stream",
    "1970-01-01T00:00:00Z",
    "9999-99-99",
    " ".repeat(300),
  };

  /** Whole inputs that are tried first. */
  private static final List<String> WHOLE =
      List.of("", " ", "null", "{}", "[]", "[null]", "0", "-1", "\"\"", "\n", "\0", "true");

  private Fuzz() {}

  /** Parses one input, and throws if the input is refused. */
  @FunctionalInterface
  public interface Parser {
    void parse(byte[] input) throws Exception;
  }

  /**
   * Runs the parser on many inputs.
   *
   * @param refusals the exceptions by which the parser refuses an input
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static void run(
      List<byte[]> fixtures, Parser parser, Class<? extends Exception>... refusals)
      throws Exception {
    run(ROUNDS, fixtures, parser, refusals);
  }

  /** As above, with another number of inputs, for parsers that do more than parse. */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static void run(
      int rounds, List<byte[]> fixtures, Parser parser, Class<? extends Exception>... refusals)
      throws Exception {
    for (byte[] fixture : fixtures) {
      parser.parse(fixture.clone()); // if the real input is refused, the test proves nothing
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int refused = 0;
    for (int round = 0; round < rounds; round++) {
      byte[] input =
          round < WHOLE.size()
              ? WHOLE.get(round).getBytes(UTF_8)
              : input(fixtures, new Random(SEED + round));
      long allocated = threads.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      try {
        parser.parse(input);
      } catch (Throwable e) {
        if (Arrays.stream(refusals).noneMatch(type -> type.isInstance(e))) {
          throw new AssertionError("seed " + (SEED + round) + ": " + shown(input), e);
        }
        assertThat(e.getMessage()).as("seed %d", SEED + round).isNotBlank();
        refused++;
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("seed %d: time", SEED + round)
          .isLessThan(MAX_TIME);
      assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
          .as("seed %d: memory", SEED + round)
          .isLessThan(MAX_ALLOCATED_BYTES);
    }
    assertThat(refused).as("refused of %d inputs", rounds).isPositive();
  }

  private static String shown(byte[] input) {
    String text = new String(input, ISO_8859_1);
    return text.length() <= 2_000 ? text : text.substring(0, 2_000) + "…";
  }

  private static byte[] input(List<byte[]> fixtures, Random random) {
    if (random.nextInt(20) == 0) {
      byte[] noise = new byte[random.nextInt(600)];
      random.nextBytes(noise);
      return noise;
    }
    byte[] input = fixtures.get(random.nextInt(fixtures.size())).clone();
    for (int i = random.nextInt(MAX_CHANGES); i >= 0; i--) {
      input = changed(input, fixtures, random);
    }
    return input.length <= MAX_INPUT_BYTES ? input : Arrays.copyOf(input, MAX_INPUT_BYTES);
  }

  private static byte[] changed(byte[] input, List<byte[]> fixtures, Random random) {
    int at = random.nextInt(input.length + 1);
    int end = Math.min(input.length, at + 1 + random.nextInt(1 + random.nextInt(60)));
    byte[] part = Arrays.copyOfRange(input, at, end);
    return switch (random.nextInt(10)) {
      case 0 -> replaced(input, at, end, new byte[0]);
      case 1 -> replaced(input, at, at, part);
      case 2, 3, 4 -> replaced(input, at, random.nextBoolean() ? at : end, token(random));
      case 5 -> Arrays.copyOf(input, at);
      case 6 -> {
        byte[] other = fixtures.get(random.nextInt(fixtures.size()));
        int from = random.nextInt(other.length + 1);
        yield replaced(input, at, end, Arrays.copyOfRange(other, from, other.length));
      }
      case 7 -> {
        String many = random.nextBoolean() ? "[" : "{\"a\":";
        yield replaced(input, at, end, many.repeat(random.nextInt(3_000)).getBytes(UTF_8));
      }
      default -> {
        byte[] flipped = input.clone();
        if (at < flipped.length) {
          flipped[at] = (byte) (random.nextBoolean() ? random.nextInt() : flipped[at] ^ 1);
        }
        yield flipped;
      }
    };
  }

  private static byte[] token(Random random) {
    if (random.nextInt(30) == 0) {
      return ("\"" + "x".repeat(random.nextInt(100_000)) + "\"").getBytes(UTF_8);
    }
    String token = TOKENS[random.nextInt(TOKENS.length)];
    return token.getBytes(random.nextBoolean() ? UTF_8 : ISO_8859_1);
  }

  private static byte[] replaced(byte[] input, int start, int end, byte[] part) {
    ByteArrayOutputStream result = new ByteArrayOutputStream(input.length + part.length);
    result.write(input, 0, start);
    result.writeBytes(part);
    result.write(input, end, input.length - end);
    return result.toByteArray();
  }
}
