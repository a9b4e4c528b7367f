package io.jukung.e2e.bench;

import io.jukung.cri.v1.NamespaceMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is measured, and how often.
 *
 * @param endpoints the runtimes, each as {@link Contender#SYNTAX}; the first is compared with the
 *     others
 * @param warmUp how often an operation runs before it is measured
 * @param reads how often a call that reads memory is measured. Of 50 calls the 99th percentile
 *     would be the slowest one
 * @param rounds how often daemons are started
 * @param pods the number of pods of a loaded node
 * @param burst the number of pods in a burst
 * @param bursts the number of bursts
 * @param rest how long a loaded node is left alone before its memory is measured
 * @param chart the SVG file that is written
 */
record BenchOptions(
    List<String> endpoints,
    String image,
    int iterations,
    int warmUp,
    int reads,
    int rounds,
    int pods,
    int burst,
    int bursts,
    Duration rest,
    Set<NamespaceMode> networks,
    Path logs,
    Optional<Path> chart) {
  static final String USAGE =
      """
      options: --endpoint %s (again for each runtime)
               --image REFERENCE --iterations N --warm-up N --reads N --rounds N --pods N --burst N
               --bursts N --rest SECONDS
               --network host|pod|both --logs DIRECTORY --svg FILE\
      """
          .formatted(Contender.SYNTAX);

  private static final Map<String, String> DEFAULTS =
      Map.ofEntries(
          Map.entry("iterations", "50"),
          Map.entry("warm-up", "10"),
          Map.entry("reads", "1000"),
          Map.entry("rounds", "10"),
          Map.entry("pods", "50"),
          Map.entry("burst", "30"),
          Map.entry("bursts", "3"),
          Map.entry("rest", "40"),
          Map.entry("network", "both"),
          Map.entry("logs", ""),
          Map.entry("svg", ""));

  static BenchOptions parse(String[] arguments) throws IOException {
    List<String> endpoints = new ArrayList<>();
    Map<String, String> values = new HashMap<>(DEFAULTS);
    for (int i = 0; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
        throw new IllegalArgumentException(USAGE);
      }
      String option = arguments[i].substring(2);
      if (option.equals("endpoint")) {
        endpoints.add(arguments[i + 1]);
      } else if (option.equals("image") || DEFAULTS.containsKey(option)) {
        values.put(option, arguments[i + 1]);
      } else {
        throw new IllegalArgumentException("unknown option " + arguments[i] + "; " + USAGE);
      }
    }
    if (endpoints.isEmpty() || !values.containsKey("image")) {
      throw new IllegalArgumentException(USAGE);
    }
    String logs = text(values, "logs");
    String chart = text(values, "svg");
    return new BenchOptions(
        List.copyOf(endpoints),
        text(values, "image"),
        number(values, "iterations", 1),
        number(values, "warm-up", 0),
        number(values, "reads", 1),
        number(values, "rounds", 1),
        number(values, "pods", 1),
        number(values, "burst", 1),
        number(values, "bursts", 1),
        Duration.ofSeconds(number(values, "rest", 0)),
        networks(text(values, "network")),
        logs.isEmpty() ? Files.createTempDirectory("jukung-bench-logs") : Path.of(logs),
        chart.isEmpty() ? Optional.empty() : Optional.of(Path.of(chart)));
  }

  private static String text(Map<String, String> values, String option) {
    return values.getOrDefault(option, "");
  }

  private static int number(Map<String, String> values, String option, int least) {
    int number = Integer.parseInt(text(values, option));
    if (number < least) {
      throw new IllegalArgumentException("--" + option + " is less than " + least);
    }
    return number;
  }

  private static Set<NamespaceMode> networks(String text) {
    return switch (text) {
      case "host" -> Set.of(NamespaceMode.NODE);
      case "pod" -> Set.of(NamespaceMode.POD);
      case "both" -> Set.of(NamespaceMode.NODE, NamespaceMode.POD);
      default -> throw new IllegalArgumentException("--network is host, pod or both");
    };
  }
}
