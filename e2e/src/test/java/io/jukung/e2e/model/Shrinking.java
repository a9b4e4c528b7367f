package io.jukung.e2e.model;

import java.util.ArrayList;
import java.util.List;

/** Finds a short part of a failing sequence that still fails (delta debugging, ddmin). */
final class Shrinking {
  private Shrinking() {}

  /** Tells whether a sequence fails. */
  @FunctionalInterface
  interface Trial {
    boolean fails(List<Step> steps) throws Exception;
  }

  /**
   * Leaves out larger parts first, then smaller ones, down to single steps.
   *
   * @param trials how many sequences may be tried; each takes some seconds
   */
  static List<Step> shrink(List<Step> failing, int trials, Trial trial) throws Exception {
    List<Step> shortest = failing;
    int left = trials;
    int part = Math.max(1, failing.size() / 2);
    while (left > 0) {
      boolean isShorter = false;
      for (int from = 0; from < shortest.size() && left > 0; ) {
        List<Step> candidate = new ArrayList<>(shortest.subList(0, from));
        candidate.addAll(shortest.subList(Math.min(from + part, shortest.size()), shortest.size()));
        left--;
        if (!candidate.isEmpty() && trial.fails(candidate)) {
          shortest = candidate;
          isShorter = true;
        } else {
          from += part;
        }
      }
      if (part == 1 && !isShorter) {
        return shortest;
      }
      part = Math.max(1, part / 2);
    }
    return shortest;
  }
}
