package io.jukung.runtime.dns;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The content of resolv.conf(5), of which other lines are left out.
 *
 * @param searches the domains of the last line that names some
 */
public record ResolvConf(List<String> servers, List<String> searches, List<String> options) {
  public ResolvConf {
    servers = List.copyOf(servers);
    searches = List.copyOf(searches);
    options = List.copyOf(options);
  }

  public static ResolvConf parse(String text) {
    List<String> servers = new ArrayList<>();
    List<String> searches = List.of();
    List<String> options = new ArrayList<>();
    for (String line : text.lines().toList()) {
      List<String> words = Arrays.asList(line.strip().split("\\s+"));
      List<String> values = words.subList(1, words.size());
      switch (words.getFirst()) {
        case "nameserver" -> values.stream().limit(1).forEach(servers::add);
        case "search", "domain" -> searches = values;
        case "options" -> options.addAll(values);
        default -> {}
      }
    }
    return new ResolvConf(servers, searches, options);
  }
}
