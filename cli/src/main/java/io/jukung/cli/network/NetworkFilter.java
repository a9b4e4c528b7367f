package io.jukung.cli.network;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.Network;
import io.jukung.cri.client.LabelFilter;
import java.util.List;
import java.util.function.Predicate;

/** The filters of {@code network ls} and {@code network prune}, in docker's words. */
final class NetworkFilter {
  private NetworkFilter() {}

  /**
   * Reads filters; a network has to pass all of them.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static Predicate<Network> of(List<String> filters) {
    Predicate<Network> all = _ -> true;
    for (String filter : filters) {
      all = all.and(one(filter));
    }
    return all;
  }

  private static Predicate<Network> one(String filter) {
    int equals = filter.indexOf('=');
    String key = equals < 0 ? filter : filter.substring(0, equals);
    String value = equals < 0 ? "" : filter.substring(equals + 1);
    return switch (key) {
      case "name" -> network -> network.getName().contains(value);
      case "id" -> network -> network.getId().startsWith(value);
      case "driver" -> network -> network.getDriver().equals(value);
      case "label" -> network -> LabelFilter.fits(network.getLabelsMap(), value);
      case "label!" -> network -> !LabelFilter.fits(network.getLabelsMap(), value);
      case "type" ->
          switch (value) {
            case "custom" -> network -> !network.getPredefined();
            case "builtin" -> Network::getPredefined;
            default -> throw CliException.usage("filter type is custom or builtin");
          };
      case "dangling" ->
          switch (value) {
            case "true", "1" -> network -> isUnused(network);
            case "false", "0" -> network -> !isUnused(network);
            default -> throw CliException.usage("filter dangling is true or false");
          };
      default ->
          throw CliException.usage(
              "not a filter: \""
                  + filter
                  + "\" (name=PART, id=BEGINNING, driver=NAME, label=NAME[=VALUE],"
                  + " label!=NAME[=VALUE], type=custom|builtin, dangling=true|false)");
    };
  }

  static boolean isUnused(Network network) {
    return !network.getPredefined() && network.getEndpointsCount() == 0;
  }
}
