package io.jukung.e2e.bench;

import io.jukung.cri.v1.NamespaceMode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the calls that read, further pods, and the memory of a node with many pods. Before its
 * memory is measured the node is left alone for a while, because a pod is idle for most of its life
 * and a runtime may use that.
 */
final class LoadedBench {
  /**
   * How long runtimes are left alone after the pods and bursts before their memory is measured. A
   * runtime may keep for some seconds what the next pods would need. A shorter rest of the loaded
   * node is a shorter rest here as well.
   */
  private static final Duration REST_AFTER_PODS = Duration.ofSeconds(15);

  private final Turns turns;
  private final BenchOptions options;

  LoadedBench(Turns turns, BenchOptions options) {
    this.turns = turns;
    this.options = options;
  }

  void run() throws IOException, InterruptedException {
    turns.settle();
    Thread.sleep(options.rest().compareTo(REST_AFTER_PODS) < 0 ? options.rest() : REST_AFTER_PODS);
    Map<Contender, ProcessMemory.Sizes> idle = ProcessMemory.of(turns.contenders(), 0);
    Map<Contender, List<Endpoint.Pod>> pods = new HashMap<>();
    for (int i = 0; i < options.pods(); i++) {
      String podName = "many-" + i;
      turns.once(
          contender ->
              pods.computeIfAbsent(contender, _ -> new ArrayList<>())
                  .add(
                      contender
                          .endpoint()
                          .startPod(
                              podName, NamespaceMode.NODE, contender.image(), options.logs())));
    }
    reads(pods);
    new PodBench(turns, options)
        .lives(NamespaceMode.NODE, Row.LOADED_POD_START, Row.LOADED_POD_REMOVAL);
    turns.settle();
    Thread.sleep(options.rest());
    Map<Contender, ProcessMemory.Sizes> loaded =
        ProcessMemory.of(turns.contenders(), options.pods());
    idle.forEach(
        (contender, before) -> putSizes(contender.name(), before, contender.valueIn(loaded)));
    for (Contender contender : turns.contenders()) {
      contender.valueIn(pods).forEach(contender.endpoint()::removePod);
    }
  }

  private void reads(Map<Contender, List<Endpoint.Pod>> pods)
      throws IOException, InterruptedException {
    int count = options.pods();
    int reads = options.reads();
    int others = turns.warmUp() + 1; // one call finds out who answers
    turns.read(Row.VERSION, reads, contender -> contender.endpoint().version());
    turns.account(
        Row.LISTS_PROCESSOR,
        reads + others,
        () -> {
          turns.read(Row.LIST_PODS, reads, contender -> contender.endpoint().listPods(count));
          turns.read(
              Row.LIST_CONTAINERS, reads, contender -> contender.endpoint().listContainers(count));
        });
    turns.read(
        Row.CONTAINER_STATUS,
        reads,
        contender -> contender.endpoint().status(contender.valueIn(pods).getFirst()));
    int iterations = turns.iterations();
    turns.account(
        Row.STATS_PROCESSOR,
        iterations + others,
        () ->
            turns.read(
                Row.CONTAINER_STATS,
                iterations,
                contender -> contender.endpoint().containerStatistics(count)));
    turns.read(Row.POD_STATS, iterations, contender -> contender.endpoint().podStatistics(count));
  }

  private void putSizes(String runtime, ProcessMemory.Sizes idle, ProcessMemory.Sizes loaded) {
    Results results = turns.results();
    results.put(Row.IDLE_DAEMON, runtime, idle.daemonMebibytes());
    results.put(Row.IDLE_TOTAL, runtime, idle.totalMebibytes());
    results.put(Row.LOADED_DAEMON, runtime, loaded.daemonMebibytes());
    results.put(Row.LOADED_OTHERS, runtime, loaded.otherMebibytes());
    results.put(
        Row.POD_MEMORY,
        runtime,
        (loaded.totalMebibytes() - idle.totalMebibytes()) / options.pods());
  }
}
