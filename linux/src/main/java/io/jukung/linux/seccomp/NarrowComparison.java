package io.jukung.linux.seccomp;

import io.jukung.linux.seccomp.Comparison.Operator;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a comparison of 64 bits into comparisons of the low bits alone, for an argument of which
 * the kernel looks at no more.
 *
 * <p>libseccomp ignores upper bits for {@link Operator#MASKED_EQUAL} only. So each other operator
 * becomes a list of masked comparisons, one of which holds if and only if the operator holds: the
 * numbers below or above a limit are those that share the limit's first bits and differ in the bit
 * that follows, for each bit. There are at most as many alternatives as bits.
 */
final class NarrowComparison {
  private NarrowComparison() {}

  /**
   * Returns comparisons of which one has to hold. An empty list means that the comparison never
   * holds; a comparison with a mask of 0 always holds.
   *
   * <p>EQUAL, NOT_EQUAL and MASKED_EQUAL compare with the low bits of their value, so that −1
   * written with 64 bits is −1 for an int. The other operators compare the argument, extended with
   * zeros, with the whole value.
   *
   * @param bits how many low bits of the argument count, less than 64
   */
  static List<Comparison> alternatives(Comparison comparison, int bits) {
    long ones = (1L << bits) - 1;
    int argument = comparison.argument();
    long value = comparison.value();
    long low = value & ones;
    return switch (comparison.operator()) {
      case EQUAL -> List.of(masked(argument, ones, low));
      case MASKED_EQUAL -> List.of(masked(argument, low, comparison.second() & low));
      case NOT_EQUAL -> {
        List<Comparison> both = new ArrayList<>(below(argument, low, bits));
        both.addAll(above(argument, low, bits));
        yield both;
      }
      case LESS_THAN -> value == low ? below(argument, low, bits) : always(argument);
      case GREATER_THAN -> value == low ? above(argument, low, bits) : List.of();
      case LESS_OR_EQUAL ->
          value == low && low != ones ? below(argument, low + 1, bits) : always(argument);
      case GREATER_OR_EQUAL -> {
        if (value != low) {
          yield List.of();
        }
        yield low == 0 ? always(argument) : above(argument, low - 1, bits);
      }
    };
  }

  private static List<Comparison> below(int argument, long limit, int bits) {
    List<Comparison> result = new ArrayList<>();
    for (int bit = bits - 1; bit >= 0; bit--) {
      if (((limit >>> bit) & 1) == 1) {
        long mask = prefix(bit, bits);
        result.add(masked(argument, mask, (limit & mask) ^ (1L << bit)));
      }
    }
    return result;
  }

  private static List<Comparison> above(int argument, long limit, int bits) {
    List<Comparison> result = new ArrayList<>();
    for (int bit = bits - 1; bit >= 0; bit--) {
      if (((limit >>> bit) & 1) == 0) {
        long mask = prefix(bit, bits);
        result.add(masked(argument, mask, (limit & mask) | (1L << bit)));
      }
    }
    return result;
  }

  /** The mask of all bits from this one up. */
  private static long prefix(int bit, int bits) {
    return (1L << bits) - (1L << bit);
  }

  private static List<Comparison> always(int argument) {
    return List.of(masked(argument, 0, 0));
  }

  private static Comparison masked(int argument, long mask, long value) {
    return new Comparison(argument, Operator.MASKED_EQUAL, mask, value);
  }
}
