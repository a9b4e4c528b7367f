package io.jukung.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Measures runtimes through the CRI, prints Markdown tables and draws a chart. The runtimes take
 * turns after each operation, so that other load on the machine affects them alike.
 */
public final class Bench {
  /** A runtime may give back memory when nobody calls. */
  private static final Duration FIRST_REST = Duration.ofSeconds(10);

  private final BenchOptions options;
  private final List<Contender> contenders;
  private final Results results;

  private Bench(BenchOptions options, List<Contender> contenders) {
    this.options = options;
    this.contenders = contenders;
    List<String> names = contenders.stream().map(Contender::name).toList();
    if (new HashSet<>(names).size() < names.size()) {
      throw new IllegalArgumentException("two endpoints have one name: " + names);
    }
    this.results = new Results(names);
  }

  /** Runs the benchmark. The options are those of {@link BenchOptions#USAGE}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    BenchOptions options = BenchOptions.parse(arguments);
    List<Contender> contenders =
        options.endpoints().stream().map(text -> Contender.parse(text, options.image())).toList();
    try {
      new Bench(options, contenders).run();
    } finally {
      closeAll(contenders);
    }
  }

  private static void closeAll(List<Contender> contenders) throws IOException {
    IOException failure = null;
    for (Contender contender : contenders) {
      try {
        contender.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void run() throws IOException, InterruptedException {
    ClientWarmUp.run();
    long start = System.nanoTime();
    Duration used = ownProcessorTime();
    List<Contender> startable = contenders.stream().filter(Contender::isStartable).toList();
    if (!startable.isEmpty()) {
      new StartBench(turns(startable), options).run();
    }
    List<String> heads = new ArrayList<>();
    for (Contender contender : contenders) {
      contender.start();
      contender.endpoint().ensureImage(contender.image());
      heads.add(contender.name() + ": " + contender.endpoint().version());
    }
    Turns turns = turns(contenders);
    turns.settle();
    putDaemonMemory(Row.FRESH_DAEMON);
    Thread.sleep(FIRST_REST);
    putDaemonMemory(Row.RESTED_DAEMON);
    new PodBench(turns, options).run();
    new BurstBench(turns, options).run();
    new LoadedBench(turns, options).run();
    heads.add(
        "The client itself used %.0f %% of one processor."
            .formatted(
                100.0 * ownProcessorTime().minus(used).toNanos() / (System.nanoTime() - start)));
    print(heads);
    Path chart = options.chart().orElse(null);
    if (chart != null) {
      Files.writeString(chart, new RatioChart(results).svg());
    }
  }

  private void putDaemonMemory(Row row) throws IOException {
    ProcessMemory.of(contenders, 0)
        .forEach((contender, sizes) -> results.put(row, contender.name(), sizes.daemonMebibytes()));
  }

  private static Duration ownProcessorTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  private Turns turns(List<Contender> some) {
    return new Turns(some, results, options.warmUp(), options.iterations());
  }

  private void print(List<String> heads) {
    List<String> lines = new ArrayList<>(heads);
    lines.add(
        """
        %d iterations after %d to warm up, %d of calls that read memory, %d starts of daemons, %d bursts of %d pods; many pods are \
        %d, left alone for %d s before their memory is measured. The runtimes take turns in a random \
        order."""
            .formatted(
                options.iterations(),
                options.warmUp(),
                options.reads(),
                options.rounds(),
                options.bursts(),
                options.burst(),
                options.pods(),
                options.rest().toSeconds()));
    if (contenders.stream().anyMatch(contender -> contender.cgroup().isEmpty())) {
      lines.add(
          "Of a runtime without a cgroup of its own, processor time and memory are not known.");
    }
    lines.forEach(System.out::println);
    System.out.println();
    System.out.print(new MarkdownReport(results).text());
  }
}
