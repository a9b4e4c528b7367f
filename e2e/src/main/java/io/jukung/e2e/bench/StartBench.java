package io.jukung.e2e.bench;

import io.jukung.cri.v1.NamespaceMode;
import java.io.IOException;
import java.util.List;

/**
 * Measures the start of daemons that have no pods: until the first answer that they are ready, and
 * then the first pod with a container, on the host's network. Only runtimes that this program
 * starts take part.
 */
final class StartBench {
  private final Turns turns;
  private final BenchOptions options;

  /**
   * @param turns of the runtimes that can be started, none of which runs
   */
  StartBench(Turns turns, BenchOptions options) {
    this.turns = turns;
    this.options = options;
  }

  /** Leaves the daemons stopped, with the image pulled. */
  void run() throws IOException, InterruptedException {
    List<Contender> contenders = turns.contenders();
    for (Contender contender : contenders) {
      contender.start();
      contender.endpoint().ensureImage(contender.image());
      contender.stop();
    }
    for (int round = 0; round < options.rounds(); round++) {
      String podName = "first-" + round;
      turns.once(contender -> measure(contender, podName));
    }
  }

  private void measure(Contender contender, String podName)
      throws IOException, InterruptedException {
    Results results = turns.results();
    long start = System.nanoTime();
    contender.start();
    long answered = System.nanoTime();
    Endpoint endpoint = contender.endpoint();
    Endpoint.Pod pod =
        endpoint.startPod(podName, NamespaceMode.NODE, contender.image(), options.logs());
    long running = System.nanoTime();
    results.addTime(Row.DAEMON_START, contender.name(), answered - start);
    results.addTime(Row.FIRST_POD, contender.name(), running - answered);
    endpoint.removePod(pod);
    contender.stop();
  }
}
