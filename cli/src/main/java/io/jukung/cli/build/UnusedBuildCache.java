package io.jukung.cli.build;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import io.jukung.client.v1.PruneBuildCacheRequest;
import io.jukung.client.v1.PruneBuildCacheResponse;

/**
 * The steps that are kept for later builds. Of a filter only the time counts: steps have no labels.
 *
 * @param mounts whether directories of {@code RUN --mount=type=cache} are removed, too
 */
public record UnusedBuildCache(PruneFilter filter, boolean mounts) implements Pruning {
  private static final long NANOS = 1_000_000_000L;

  @Override
  public String what() {
    return mounts ? "all of the build cache" : "the steps of the build cache";
  }

  @Override
  public long prune(Connection connection, CliEnvironment environment) {
    if (filter.hasLabels()) {
      return 0;
    }
    long unused =
        filter.hasTime()
            ? Math.max(0, environment.clock().instant().getEpochSecond() - filter.until() / NANOS)
            : 0;
    PruneBuildCacheResponse removed =
        connection
            .buildCache()
            .pruneBuildCache(
                PruneBuildCacheRequest.newBuilder()
                    .setUnusedSeconds(unused)
                    .setMounts(mounts && !filter.hasTime())
                    .build());
    environment.out().println("deleted: " + removed.getSteps() + " steps of the build cache");
    return removed.getBytes();
  }
}
