package io.jukung.cli.command;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which of the unused objects a prune removes, in docker's words: {@code until=TIME}, {@code
 * label=NAME[=VALUE]} and {@code label!=NAME[=VALUE]}.
 *
 * @param until nanoseconds since the epoch: only what is older is removed
 */
public record PruneFilter(Filters filters, long until) {
  private static final Set<String> KEYS = Set.of("until", "label", "label!");

  /**
   * Reads the options.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static PruneFilter of(List<String> texts, InstantSource clock) {
    Filters filters = Filters.of(texts, KEYS);
    long until = Long.MAX_VALUE;
    for (String each : filters.values("until")) {
      until = Math.min(until, TimeArgument.nanos("filter until", each, clock));
    }
    return new PruneFilter(filters, until);
  }

  public boolean hasTime() {
    return until != Long.MAX_VALUE;
  }

  public boolean hasLabels() {
    return filters.has("label") || filters.has("label!");
  }

  /**
   * Whether an object is to be removed.
   *
   * @param createdAt nanoseconds since the epoch
   */
  public boolean fits(long createdAt, Map<String, String> labels) {
    return createdAt < until && filters.fitLabels(labels);
  }
}
