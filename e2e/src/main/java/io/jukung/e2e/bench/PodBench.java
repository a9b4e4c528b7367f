package io.jukung.e2e.bench;

import io.jukung.cri.v1.NamespaceMode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Measures the lives of pods, containers and commands, one at a time. */
final class PodBench {
  private final Turns turns;
  private final BenchOptions options;

  PodBench(Turns turns, BenchOptions options) {
    this.turns = turns;
    this.options = options;
  }

  void run() throws IOException, InterruptedException {
    if (options.networks().contains(NamespaceMode.NODE)) {
      pods(NamespaceMode.NODE, Row.POD_START_HOST, Row.POD_REMOVAL_HOST, Row.POD_PROCESSOR_HOST);
    }
    if (options.networks().contains(NamespaceMode.POD)) {
      pods(NamespaceMode.POD, Row.POD_START_CNI, Row.POD_REMOVAL_CNI, Row.POD_PROCESSOR_CNI);
    }
    Map<Contender, Endpoint.Pod> pods = new HashMap<>();
    turns.once(contender -> pods.put(contender, start(contender, "calls", NamespaceMode.NODE)));
    containers(pods);
    execs(pods);
    turns.once(contender -> contender.endpoint().removePod(contender.valueIn(pods)));
  }

  private void pods(NamespaceMode network, Row start, Row removal, Row processor)
      throws IOException, InterruptedException {
    Map<Contender, Endpoint.Pod> pods = new HashMap<>();
    for (int i = 0; i < turns.warmUp(); i++) {
      String podName = "warm-up-" + i;
      turns.once(contender -> pods.put(contender, start(contender, podName, network)));
      turns.once(contender -> contender.endpoint().removePod(contender.valueIn(pods)));
    }
    turns.account(processor, turns.iterations(), () -> lives(network, start, removal));
  }

  /** Starts and removes pods, one at a time. */
  void lives(NamespaceMode network, Row start, Row removal)
      throws IOException, InterruptedException {
    Map<Contender, Endpoint.Pod> pods = new HashMap<>();
    for (int i = 0; i < turns.iterations(); i++) {
      String podName = "pod-" + i;
      turns.time(start, contender -> pods.put(contender, start(contender, podName, network)));
      turns.time(removal, contender -> contender.endpoint().removePod(contender.valueIn(pods)));
    }
  }

  private void containers(Map<Contender, Endpoint.Pod> pods)
      throws IOException, InterruptedException {
    Map<Contender, String> containers = new HashMap<>();
    for (int i = 0; i < turns.warmUp(); i++) {
      String containerName = "warm-up-" + i;
      turns.once(
          contender -> containers.put(contender, startContainer(contender, pods, containerName)));
      turns.once(contender -> contender.endpoint().removeContainer(contender.valueIn(containers)));
    }
    turns.account(
        Row.CONTAINER_PROCESSOR,
        turns.iterations(),
        () -> {
          for (int i = 0; i < turns.iterations(); i++) {
            String containerName = "container-" + i;
            turns.time(
                Row.CONTAINER_START,
                contender ->
                    containers.put(contender, startContainer(contender, pods, containerName)));
            turns.time(
                Row.CONTAINER_REMOVAL,
                contender -> contender.endpoint().removeContainer(contender.valueIn(containers)));
          }
        });
  }

  private void execs(Map<Contender, Endpoint.Pod> pods) throws IOException, InterruptedException {
    for (int i = 0; i < turns.warmUp(); i++) {
      turns.once(contender -> contender.endpoint().exec(contender.valueIn(pods)));
    }
    turns.account(
        Row.EXEC_PROCESSOR,
        turns.iterations(),
        () -> {
          for (int i = 0; i < turns.iterations(); i++) {
            turns.time(Row.EXEC, contender -> contender.endpoint().exec(contender.valueIn(pods)));
          }
        });
  }

  private Endpoint.Pod start(Contender contender, String podName, NamespaceMode network)
      throws IOException {
    return contender.endpoint().startPod(podName, network, contender.image(), options.logs());
  }

  private String startContainer(
      Contender contender, Map<Contender, Endpoint.Pod> pods, String containerName) {
    return contender
        .endpoint()
        .startContainer(contender.valueIn(pods), containerName, contender.image());
  }
}
