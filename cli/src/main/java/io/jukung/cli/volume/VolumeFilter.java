package io.jukung.cli.volume;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Filters;
import io.jukung.client.v1.Volume;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The filters of {@code volume ls} and {@code volume prune}, in docker's words. */
final class VolumeFilter {
  private static final Set<String> KEYS = Set.of("name", "driver", "label", "label!", "dangling");

  private VolumeFilter() {}

  /**
   * Reads filters; a volume has to pass all of them.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static Predicate<Volume> of(List<String> texts) {
    Filters filters = Filters.of(texts, KEYS);
    boolean dangling = filters.has("dangling") && filters.truth("dangling");
    return volume ->
        filters.fits("name", each -> volume.getName().contains(each))
            && filters.fits("driver", each -> volume.getDriver().equals(each))
            && filters.fitLabels(volume.getLabelsMap())
            && (!filters.has("dangling") || (volume.getContainerIdsCount() == 0) == dangling);
  }
}
