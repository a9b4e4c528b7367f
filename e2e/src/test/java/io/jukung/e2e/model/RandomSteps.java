package io.jukung.e2e.model;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws sequences of steps. The same seed gives the same sequence. */
final class RandomSteps {
  private RandomSteps() {}

  static List<Step> draw(RandomGenerator random, int count) {
    List<Step> steps = new ArrayList<>();
    while (steps.size() < count) {
      steps.add(draw(random));
    }
    return steps;
  }

  /** Calls that make things are more frequent than those that end them. */
  private static Step draw(RandomGenerator random) {
    int pod = random.nextInt(Oracle.PODS);
    int container = random.nextInt(Oracle.CONTAINERS);
    int kind = random.nextInt(100);
    if (kind < 14) {
      return new Step.RunPod(pod);
    }
    if (kind < 34) {
      return new Step.Create(container, pod);
    }
    if (kind < 56) {
      return new Step.Start(container);
    }
    if (kind < 62) {
      return new Step.Stop(container);
    }
    if (kind < 69) {
      return new Step.Remove(container);
    }
    if (kind < 75) {
      return new Step.ExecSync(container);
    }
    if (kind < 83) {
      return new Step.ExitInside(container, random.nextInt(256));
    }
    if (kind < 87) {
      return new Step.StopPod(pod);
    }
    if (kind < 90) {
      return new Step.RemovePod(pod);
    }
    if (kind < 94) {
      return new Step.RestartDaemon(container);
    }
    return kind < 98 ? new Step.Lists(pod, container) : new Step.UnknownIds();
  }
}
