package io.jukung.cli.network;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Filters;
import io.jukung.client.v1.Network;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The filters of {@code network ls}, in docker's words. */
final class NetworkFilter {
  private static final Set<String> KEYS =
      Set.of("name", "id", "driver", "label", "label!", "type", "dangling");

  private NetworkFilter() {}

  /**
   * Reads filters.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static Predicate<Network> of(List<String> texts) {
    Filters filters = Filters.of(texts, KEYS);
    boolean dangling = filters.has("dangling") && filters.truth("dangling");
    for (String type : filters.values("type")) {
      if (!type.equals("custom") && !type.equals("builtin")) {
        throw CliException.usage("filter type is custom or builtin");
      }
    }
    return network ->
        filters.fits("name", each -> network.getName().contains(each))
            && filters.fits("id", each -> network.getId().startsWith(each))
            && filters.fits("driver", each -> network.getDriver().equals(each))
            && filters.fitLabels(network.getLabelsMap())
            && filters.fits("type", each -> each.equals("builtin") == network.getPredefined())
            && (!filters.has("dangling") || isUnused(network) == dangling);
  }

  static boolean isUnused(Network network) {
    return !network.getPredefined() && network.getEndpointsCount() == 0;
  }
}
