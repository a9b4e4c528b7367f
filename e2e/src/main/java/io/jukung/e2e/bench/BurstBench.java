package io.jukung.e2e.bench;

import io.jukung.cri.v1.NamespaceMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;

/**
 * Measures how many pods and commands a runtime starts per second, ten at a time. Each runtime has
 * several bursts in turn, and the median counts.
 */
final class BurstBench {
  private static final int AT_A_TIME = 10;

  private final Turns turns;
  private final BenchOptions options;

  BurstBench(Turns turns, BenchOptions options) {
    this.turns = turns;
    this.options = options;
  }

  void run() throws IOException, InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
      if (options.networks().contains(NamespaceMode.NODE)) {
        pods(threads, NamespaceMode.NODE, Row.BURST_STARTS_HOST, Row.BURST_LIVES_HOST);
      }
      if (options.networks().contains(NamespaceMode.POD)) {
        pods(threads, NamespaceMode.POD, Row.BURST_STARTS_CNI, Row.BURST_LIVES_CNI);
      }
      execs(threads);
    }
  }

  private void pods(ExecutorService threads, NamespaceMode network, Row starts, Row lives)
      throws IOException, InterruptedException {
    Map<String, Samples> startTimes = new HashMap<>();
    Map<String, Samples> lifeTimes = new HashMap<>();
    for (int burst = 0; burst < options.bursts(); burst++) {
      String prefix = "burst-" + burst + "-";
      turns.settle();
      turns.once(
          contender -> {
            Endpoint endpoint = contender.endpoint();
            long start = System.nanoTime();
            List<Endpoint.Pod> pods =
                all(threads, options.burst(), i -> startPod(contender, prefix + i, network));
            long running = System.nanoTime();
            all(threads, pods.size(), i -> remove(endpoint, pods.get(i)));
            sample(startTimes, contender, running - start);
            sample(lifeTimes, contender, System.nanoTime() - start);
          });
    }
    putRates(starts, startTimes, options.burst());
    putRates(lives, lifeTimes, options.burst());
  }

  private void execs(ExecutorService threads) throws IOException, InterruptedException {
    Map<String, Samples> times = new HashMap<>();
    int execs = AT_A_TIME * AT_A_TIME;
    Map<Contender, Endpoint.Pod> pods = new HashMap<>();
    turns.once(contender -> pods.put(contender, startPod(contender, "execs", NamespaceMode.NODE)));
    for (int burst = 0; burst < options.bursts(); burst++) {
      turns.once(
          contender -> {
            Endpoint endpoint = contender.endpoint();
            Endpoint.Pod pod = contender.valueIn(pods);
            long start = System.nanoTime();
            all(threads, execs, _ -> exec(endpoint, pod));
            sample(times, contender, System.nanoTime() - start);
          });
    }
    turns.once(contender -> contender.endpoint().removePod(contender.valueIn(pods)));
    putRates(Row.EXEC_RATE, times, execs);
  }

  private static void sample(Map<String, Samples> times, Contender contender, long nanos) {
    times.computeIfAbsent(contender.name(), _ -> new Samples()).add(nanos);
  }

  private void putRates(Row row, Map<String, Samples> times, int count) {
    times.forEach(
        (runtime, samples) ->
            turns.results().put(row, runtime, count / (samples.medianMillis() / 1000)));
  }

  private Endpoint.Pod startPod(Contender contender, String podName, NamespaceMode network) {
    try {
      return contender.endpoint().startPod(podName, network, contender.image(), options.logs());
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static Endpoint.Pod remove(Endpoint endpoint, Endpoint.Pod pod) {
    endpoint.removePod(pod);
    return pod;
  }

  private static Endpoint.Pod exec(Endpoint endpoint, Endpoint.Pod pod) {
    endpoint.exec(pod);
    return pod;
  }

  /** Does something for each number below the count, as many at a time as there are threads. */
  private static List<Endpoint.Pod> all(
      ExecutorService threads, int count, IntFunction<Endpoint.Pod> act) {
    List<CompletableFuture<Endpoint.Pod>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      running.add(CompletableFuture.supplyAsync(() -> act.apply(number), threads));
    }
    return running.stream().map(CompletableFuture::join).toList();
  }
}
