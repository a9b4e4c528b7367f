package io.jukung.linux.seccomp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * How many bits of each argument the kernel looks at. A program may put anything into the other
 * bits of the register, so a filter must not compare them.
 */
final class ArgumentWidths {
  static final int FULL = 64;
  private static final int USUAL = 32;
  private static final String FILE = "narrow-arguments.txt";

  private static final class Loaded {
    static final Map<String, int[]> BY_CALL = read();
  }

  private ArgumentWidths() {}

  /** The number of bits of an argument, at most 64. An unknown call has arguments of 64 bits. */
  static int of(String call, int argument) {
    int[] widths = Loaded.BY_CALL.get(call);
    return widths == null ? FULL : widths[argument];
  }

  private static Map<String, int[]> read() {
    try (InputStream in = ArgumentWidths.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not in the jar");
      }
      Map<String, int[]> result = new HashMap<>();
      new String(in.readAllBytes(), US_ASCII)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(
              line -> {
                String[] words = line.split(" ", -1);
                int[] widths = new int[Comparison.MAX_ARGUMENT + 1];
                Arrays.fill(widths, FULL);
                for (int i = 1; i < words.length; i++) {
                  String[] parts = words[i].split(":", -1);
                  widths[Integer.parseInt(parts[0])] =
                      parts.length == 1 ? USUAL : Integer.parseInt(parts[1]);
                }
                result.put(words[0], widths);
              });
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
