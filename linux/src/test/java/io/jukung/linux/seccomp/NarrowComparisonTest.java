package io.jukung.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.seccomp.Comparison.Operator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NarrowComparisonTest {
  private static boolean holds(List<Comparison> alternatives, long argument) {
    assertThat(alternatives).allMatch(each -> each.operator() == Operator.MASKED_EQUAL);
    return alternatives.stream().anyMatch(each -> (argument & each.value()) == each.second());
  }

  /** What the operator means for an argument of which the low bits count. */
  private static boolean expected(Comparison comparison, long argument, long ones) {
    long low = argument & ones;
    long value = comparison.value();
    int order = Long.compareUnsigned(low, value);
    return switch (comparison.operator()) {
      case EQUAL -> low == (value & ones);
      case NOT_EQUAL -> low != (value & ones);
      case LESS_THAN -> order < 0;
      case LESS_OR_EQUAL -> order <= 0;
      case GREATER_THAN -> order > 0;
      case GREATER_OR_EQUAL -> order >= 0;
      case MASKED_EQUAL -> (low & value) == (comparison.second() & value & ones);
    };
  }

  @ParameterizedTest
  @EnumSource
  void alternativesMeanTheSameForEveryValueOfFourBits(Operator operator) {
    for (int value = 0; value < 32; value++) {
      for (int second = 0; second < (operator == Operator.MASKED_EQUAL ? 32 : 1); second++) {
        Comparison comparison = new Comparison(0, operator, value, second);
        List<Comparison> alternatives = NarrowComparison.alternatives(comparison, 4);
        assertThat(alternatives).hasSizeLessThanOrEqualTo(4);
        for (int argument = 0; argument < 64; argument++) {
          assertThat(holds(alternatives, argument))
              .as("%s of %d", comparison, argument)
              .isEqualTo(expected(comparison, argument, 0xf));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void upperBitsOfAnIntAreIgnored(Operator operator) {
    Random random = new Random(operator.word());
    for (int i = 0; i < 2000; i++) {
      long value = random.nextBoolean() ? random.nextInt(64) : random.nextInt() & 0xffff_ffffL;
      Comparison comparison = new Comparison(0, operator, value, value & random.nextLong());
      List<Comparison> alternatives = NarrowComparison.alternatives(comparison, 32);
      for (long low : new long[] {value - 1, value, value + 1, random.nextInt()}) {
        long argument = (low & 0xffff_ffffL) | ((long) random.nextInt() << 32);
        assertThat(holds(alternatives, argument))
            .as("%s of %x", comparison, argument)
            .isEqualTo(expected(comparison, argument, 0xffff_ffffL));
      }
    }
  }

  @Test
  void minusOneWrittenWith64BitsEqualsMinusOneOfAnInt() {
    List<Comparison> equal =
        NarrowComparison.alternatives(new Comparison(0, Operator.EQUAL, -1, 0), 32);
    assertThat(holds(equal, 0xffff_ffffL)).isTrue();
    assertThat(holds(equal, -1)).isTrue();
    assertThat(holds(equal, -2)).isFalse();
  }
}
