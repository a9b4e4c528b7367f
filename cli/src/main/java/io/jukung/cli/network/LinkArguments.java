package io.jukung.cli.network;

import io.jukung.cli.command.CliException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of {@code --link}: {@code CONTAINER[:ALIAS]}. */
public final class LinkArguments {
  private LinkArguments() {}

  /**
   * Reads links.
   *
   * @return the names of containers by their aliases
   * @throws CliException with the exit code for wrong usage
   */
  public static Map<String, String> parse(List<String> links) {
    Map<String, String> parsed = new LinkedHashMap<>();
    for (String each : links) {
      String[] parts = each.split(":", -1);
      if (parts.length > 2 || parts[0].isEmpty() || parts[parts.length - 1].isEmpty()) {
        throw CliException.usage("--link: not CONTAINER or CONTAINER:ALIAS: \"" + each + "\"");
      }
      parsed.put(parts[parts.length - 1], parts[0]);
    }
    return parsed;
  }
}
