package io.jukung.e2e.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ShrinkingTest {
  @Test
  void onlyTheStepsThatMakeTheSequenceFailAreLeft() throws Exception {
    List<Step> steps = RandomSteps.draw(new Random(7), 200);
    Step first = steps.get(20);
    Step second = steps.get(150);

    List<Step> shortest =
        Shrinking.shrink(
            steps,
            1_000,
            candidate -> {
              int at = indexOfSame(candidate, first);
              return at >= 0 && indexOfSame(candidate.subList(at, candidate.size()), second) >= 0;
            });

    assertThat(shortest).containsExactly(first, second);
  }

  @SuppressWarnings("ReferenceEquality") // equal steps may occur twice
  private static int indexOfSame(List<Step> steps, Step wanted) {
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i) == wanted) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void oneSeedGivesOneSequence() {
    assertThat(RandomSteps.draw(new Random(3), 50))
        .isEqualTo(RandomSteps.draw(new Random(3), 50))
        .isNotEqualTo(RandomSteps.draw(new Random(4), 50));
  }

  @Test
  void trialsAreLimited() throws Exception {
    List<Step> steps = RandomSteps.draw(new Random(1), 64);
    int[] tried = {0};
    Shrinking.shrink(
        steps,
        10,
        candidate -> {
          tried[0]++;
          return false;
        });
    assertThat(tried[0]).isEqualTo(10);
  }
}
