package io.jukung.cli.volume;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.Volume;
import java.util.List;
import java.util.function.Predicate;

/** The filters of {@code volume ls} and {@code volume prune}, in docker's words. */
final class VolumeFilter {
  private VolumeFilter() {}

  /**
   * Reads filters; a volume has to pass all of them.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static Predicate<Volume> of(List<String> filters) {
    Predicate<Volume> all = _ -> true;
    for (String filter : filters) {
      all = all.and(one(filter));
    }
    return all;
  }

  private static Predicate<Volume> one(String filter) {
    int equals = filter.indexOf('=');
    String key = equals < 0 ? filter : filter.substring(0, equals);
    String value = equals < 0 ? "" : filter.substring(equals + 1);
    return switch (key) {
      case "name" -> volume -> volume.getName().contains(value);
      case "driver" -> volume -> volume.getDriver().equals(value);
      case "label" -> volume -> hasLabel(volume, value);
      case "label!" -> volume -> !hasLabel(volume, value);
      case "dangling" -> {
        boolean wanted = truth(value);
        yield volume -> (volume.getContainerIdsCount() == 0) == wanted;
      }
      default ->
          throw CliException.usage(
              "not a filter: \""
                  + filter
                  + "\" (name=PART, driver=NAME, label=NAME[=VALUE], label!=NAME[=VALUE],"
                  + " dangling=true|false)");
    };
  }

  private static boolean hasLabel(Volume volume, String label) {
    int equals = label.indexOf('=');
    return equals < 0
        ? volume.containsLabels(label)
        : label.substring(equals + 1).equals(volume.getLabelsMap().get(label.substring(0, equals)));
  }

  private static boolean truth(String value) {
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default ->
          throw CliException.usage("filter dangling is true or false, not \"" + value + "\"");
    };
  }
}
