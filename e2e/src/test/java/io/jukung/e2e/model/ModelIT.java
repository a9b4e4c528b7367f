package io.jukung.e2e.model;

import io.jukung.e2e.node.Testbed;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random sequences of calls, kills and restarts, compared with a model: result codes, lists,
 * statuses, events, and what kubelet would know from events alone. A failing sequence is shortened
 * and printed with its seed.
 *
 * <p>{@code -De2e.model-seed=N} runs the sequences of another day, {@code -De2e.model-steps=N}
 * longer ones without the limit of time.
 */
@ExtendWith(Testbed.Extension.class)
class ModelIT {
  private static final int SEQUENCE = 40;

  /** Other seeds are tried until then, at least one. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final int MAX_SEQUENCES = 20;
  private static final int SHRINKING_TRIALS = 40;

  @SuppressWarnings("TimeInStaticInitializer") // one seed for the whole run
  private static final long SEED =
      Long.getLong("e2e.model-seed", LocalDate.now(ZoneOffset.UTC).toEpochDay());

  private static final Optional<Integer> STEPS =
      Optional.ofNullable(Integer.getInteger("e2e.model-steps"));

  @Test
  void randomCallsAnswerAsTheModelSays(Testbed testbed) throws Exception {
    System.out.println("model: -De2e.model-seed=" + SEED);
    Random random = new Random(SEED);
    long start = System.nanoTime();
    int steps = 0;
    for (int i = 0; i < MAX_SEQUENCES; i++) {
      List<Step> sequence = RandomSteps.draw(random, STEPS.orElse(SEQUENCE));
      check(testbed, sequence);
      steps += sequence.size();
      if (STEPS.isPresent() || System.nanoTime() - start > LIMIT.toNanos()) {
        break;
      }
    }
    System.out.printf(
        "model: %d steps in %d s%n",
        steps, Duration.ofNanos(System.nanoTime() - start).toSeconds());
  }

  private static void check(Testbed testbed, List<Step> sequence) throws Exception {
    Optional<Throwable> failure = failure(testbed, sequence);
    if (failure.isEmpty()) {
      return;
    }
    System.out.println("model: a sequence fails, and is being shortened: " + failure.get());
    List<Step> shortest =
        Shrinking.shrink(sequence, SHRINKING_TRIALS, steps -> failure(testbed, steps).isPresent());
    throw new AssertionError(
        "the model and the daemon differ with -De2e.model-seed="
            + SEED
            + " after these steps:\n"
            + shortest.stream().map(step -> "  " + step).collect(Collectors.joining("\n")),
        failure(testbed, shortest).orElse(failure.get()));
  }

  /** Runs a sequence on a node without pods. */
  private static Optional<Throwable> failure(Testbed testbed, List<Step> steps) throws Exception {
    testbed.removeAllPods();
    try (World world = new World(testbed)) {
      for (Step step : steps) {
        try {
          world.perform(step);
        } catch (Exception | AssertionError e) {
          return Optional.of(new AssertionError(step + ": " + e.getMessage(), e));
        }
      }
      return Optional.empty();
    } finally {
      testbed.removeAllPods();
    }
  }
}
