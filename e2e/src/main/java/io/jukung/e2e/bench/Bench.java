package io.jukung.e2e.bench;

import io.jukung.cri.v1.NamespaceMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures runtimes through the CRI and prints a Markdown table. The runtimes take turns after each
 * call, so that other load on the machine affects them alike.
 */
public final class Bench {
  private static final String USAGE =
      """
      options: --endpoint NAME=SOCKET[,DAEMON-PID,SHIM-MARK] (again for each runtime)
               --image REFERENCE --iterations N --warm-up N --pods N --logs DIRECTORY
               --network host|pod|both\
      """;

  /** One operation on one runtime. */
  private interface Operation {
    void run(Endpoint endpoint) throws IOException;
  }

  private final List<Endpoint> endpoints;
  private final Options options;
  private final Map<String, Map<Endpoint, Samples>> times = new LinkedHashMap<>();
  private final Map<String, Map<Endpoint, Double>> sizes = new LinkedHashMap<>();

  private Bench(List<Endpoint> endpoints, Options options) {
    this.endpoints = endpoints;
    this.options = options;
  }

  private record Options(
      String image, int iterations, int warmUp, int pods, Path logs, String network) {}

  /** Runs the benchmark. The options are those of the usage text. */
  public static void main(String[] arguments) throws IOException {
    List<Endpoint> endpoints = new ArrayList<>();
    try {
      run(arguments, endpoints);
    } finally {
      // Also after a failure: the threads of an open client would keep this process alive.
      endpoints.forEach(endpoint -> endpoint.client().close());
    }
  }

  private static void run(String[] arguments, List<Endpoint> endpoints) throws IOException {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
        throw new IllegalArgumentException(USAGE);
      }
      if (arguments[i].equals("--endpoint")) {
        endpoints.add(Endpoint.parse(arguments[i + 1]));
      } else {
        values.put(arguments[i].substring(2), arguments[i + 1]);
      }
    }
    String logs = values.getOrDefault("logs", "");
    Options options =
        new Options(
            values.getOrDefault("image", ""),
            Integer.parseInt(values.getOrDefault("iterations", "50")),
            Integer.parseInt(values.getOrDefault("warm-up", "10")),
            Integer.parseInt(values.getOrDefault("pods", "20")),
            logs.isEmpty() ? Files.createTempDirectory("jukung-bench-logs") : Path.of(logs),
            values.getOrDefault("network", "both"));
    if (endpoints.isEmpty() || options.image().isEmpty()) {
      throw new IllegalArgumentException(USAGE);
    }
    new Bench(endpoints, options).run();
  }

  private void run() throws IOException {
    for (Endpoint endpoint : endpoints) {
      endpoint.ensureImage(options.image());
    }
    if (!options.network().equals("pod")) {
      measurePods("host network", NamespaceMode.NODE);
    }
    if (!options.network().equals("host")) {
      measurePods("CNI", NamespaceMode.POD);
    }
    measureExec();
    measureManyPods();
    print();
  }

  private void measurePods(String word, NamespaceMode network) throws IOException {
    Map<Endpoint, Endpoint.Pod> pods = new HashMap<>();
    for (int i = 0; i < options.warmUp() + options.iterations(); i++) {
      boolean counts = i >= options.warmUp();
      String podName = "bench-" + i;
      time(
          "pod start, " + word,
          counts,
          endpoint ->
              pods.put(
                  endpoint, endpoint.startPod(podName, network, options.image(), options.logs())));
      time(
          "pod stop and remove, " + word,
          counts,
          endpoint -> endpoint.removePod(pod(pods, endpoint)));
    }
  }

  private void measureExec() throws IOException {
    Map<Endpoint, Endpoint.Pod> pods = startEverywhere("exec");
    for (int i = 0; i < options.warmUp() + options.iterations(); i++) {
      time(
          "ExecSync of true",
          i >= options.warmUp(),
          endpoint -> endpoint.exec(pod(pods, endpoint)));
    }
    removeEverywhere(pods);
  }

  private void measureManyPods() throws IOException {
    List<Map<Endpoint, Endpoint.Pod>> many = new ArrayList<>();
    for (int i = 0; i < options.pods(); i++) {
      many.add(startEverywhere("many-" + i));
    }
    String lists = "ListPodSandbox and ListContainers, %d pods".formatted(options.pods());
    for (int i = 0; i < options.warmUp() + options.iterations(); i++) {
      time(lists, i >= options.warmUp(), endpoint -> endpoint.list(options.pods()));
    }
    String statistics = "ListContainerStats, %d pods".formatted(options.pods());
    for (int i = 0; i < options.warmUp() + options.iterations(); i++) {
      time(statistics, i >= options.warmUp(), endpoint -> endpoint.statistics(options.pods()));
    }
    for (Endpoint endpoint : endpoints) {
      if (endpoint.daemonPid() != 0) {
        size(
            "daemon, %d pods".formatted(options.pods()),
            endpoint,
            ProcessMemory.pssMebibytes(endpoint.daemonPid()));
      }
      if (!endpoint.shimMark().isEmpty()) {
        var shims = ProcessMemory.shims(endpoint.shimMark());
        if (shims.count() == 0) {
          throw new IllegalStateException(
              "no process of %s has %s in its command line"
                  .formatted(endpoint.name(), endpoint.shimMark()));
        }
        size("shim, mean", endpoint, shims.totalMebibytes() / shims.count());
      }
    }
    for (Map<Endpoint, Endpoint.Pod> pods : many) {
      removeEverywhere(pods);
    }
  }

  private Map<Endpoint, Endpoint.Pod> startEverywhere(String podName) throws IOException {
    Map<Endpoint, Endpoint.Pod> pods = new HashMap<>();
    for (Endpoint endpoint : endpoints) {
      pods.put(
          endpoint,
          endpoint.startPod(podName, NamespaceMode.NODE, options.image(), options.logs()));
    }
    return pods;
  }

  private void removeEverywhere(Map<Endpoint, Endpoint.Pod> pods) {
    endpoints.forEach(endpoint -> endpoint.removePod(pod(pods, endpoint)));
  }

  private static Endpoint.Pod pod(Map<Endpoint, Endpoint.Pod> pods, Endpoint endpoint) {
    Endpoint.Pod pod = pods.get(endpoint);
    if (pod == null) {
      throw new IllegalStateException(endpoint.name() + " has no pod");
    }
    return pod;
  }

  private void time(String what, boolean counts, Operation operation) throws IOException {
    for (Endpoint endpoint : endpoints) {
      long start = System.nanoTime();
      operation.run(endpoint);
      long taken = System.nanoTime() - start;
      if (counts) {
        times
            .computeIfAbsent(what, key -> new HashMap<>())
            .computeIfAbsent(endpoint, key -> new Samples())
            .add(taken);
      }
    }
  }

  private void size(String what, Endpoint endpoint, double mebibytes) {
    sizes.computeIfAbsent(what, key -> new HashMap<>()).put(endpoint, mebibytes);
  }

  private void print() {
    System.out.printf(
        "%d iterations after %d warm-up iterations; the runtimes take turns.%n%n",
        options.iterations(), options.warmUp());
    StringBuilder head = new StringBuilder("| milliseconds |");
    StringBuilder rule = new StringBuilder("|---|");
    for (Endpoint endpoint : endpoints) {
      head.append(" %s median | p99 |".formatted(endpoint.version()));
      rule.append("---:|---:|");
    }
    for (Endpoint endpoint : endpoints.subList(1, endpoints.size())) {
      head.append(" %s / %s |".formatted(endpoints.getFirst().name(), endpoint.name()));
      rule.append("---:|");
    }
    System.out.println(head);
    System.out.println(rule);
    times.forEach(
        (what, byEndpoint) -> {
          StringBuilder row = new StringBuilder("| " + what + " |");
          List<Double> medians = new ArrayList<>();
          for (Endpoint endpoint : endpoints) {
            Samples samples = byEndpoint.getOrDefault(endpoint, new Samples());
            medians.add(samples.medianMillis());
            row.append(number(samples.medianMillis())).append(number(samples.p99Millis()));
          }
          System.out.println(row + ratios(medians));
        });
    if (!sizes.isEmpty()) {
      printSizes();
    }
  }

  private void printSizes() {
    StringBuilder head = new StringBuilder("\n| memory, MiB PSS |");
    StringBuilder rule = new StringBuilder("|---|");
    for (Endpoint endpoint : endpoints) {
      head.append(" %s |".formatted(endpoint.name()));
      rule.append("---:|");
    }
    for (Endpoint endpoint : endpoints.subList(1, endpoints.size())) {
      head.append(" %s / %s |".formatted(endpoints.getFirst().name(), endpoint.name()));
      rule.append("---:|");
    }
    System.out.println(head);
    System.out.println(rule);
    sizes.forEach(
        (what, byEndpoint) -> {
          StringBuilder row = new StringBuilder("| " + what + " |");
          List<Double> values = new ArrayList<>();
          for (Endpoint endpoint : endpoints) {
            double value = byEndpoint.getOrDefault(endpoint, Double.NaN);
            values.add(value);
            row.append(number(value));
          }
          System.out.println(row + ratios(values));
        });
  }

  /** Table cells with the first runtime's value divided by that of each other runtime. */
  private static String ratios(List<Double> values) {
    StringBuilder cells = new StringBuilder();
    for (double other : values.subList(1, values.size())) {
      cells.append(String.format(Locale.ROOT, " %.2f |", values.getFirst() / other));
    }
    return cells.toString();
  }

  private static String number(double value) {
    return Double.isNaN(value)
        ? " – |"
        : String.format(Locale.ROOT, value < 10 ? " %.2f |" : " %.1f |", value);
  }
}
