package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes and removes pods again and again, each in seven calls, and looks at the same amounts after
 * each batch. The amounts must be as after the first batch, in which caches and pools fill up.
 *
 * @param cycles how many pods in all
 * @param atOnce how many pods exist at the same time
 */
public record Churn(int cycles, int atOnce) implements Load {
  private static final int MIN_BATCHES = 4;
  private static final int MAX_BATCHES = 20;
  private static final int CYCLES_PER_BATCH = 10;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    batch(testbed, Math.min(cycles, atOnce * 5)); // fills what is filled once
    List<Usage> samples = new ArrayList<>();
    samples.add(Usage.of(testbed)); // before the snapshot: a JVM keeps the socket of its first jcmd
    Snapshot before = testbed.snapshot();
    report.line("before: %s", samples.getFirst());
    int batches = Math.clamp(cycles / CYCLES_PER_BATCH, MIN_BATCHES, MAX_BATCHES);
    long start = System.nanoTime();
    int done = 0;
    for (int i = 1; i <= batches; i++) {
      int size = (int) ((long) cycles * i / batches) - done;
      batch(testbed, size);
      done += size;
      testbed.assertNothingLeft(before);
      samples.add(Usage.of(testbed));
      report.line("%d cycles: %s", done, samples.getLast());
    }
    report.line(
        "%d cycles in %.0f s, %.1f a second, at most %d at once",
        cycles,
        (System.nanoTime() - start) / 1e9,
        cycles / ((System.nanoTime() - start) / 1e9),
        atOnce);
    verdict(samples, report);
  }

  private void batch(Testbed testbed, int size) throws Exception {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> workers = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < atOnce; i++) {
        String name = "churn-" + i;
        workers.add(
            executor.submit(
                () -> {
                  for (int n = next.getAndIncrement(); n < size; n = next.getAndIncrement()) {
                    NamespaceMode network = n % 2 == 0 ? NamespaceMode.POD : NamespaceMode.NODE;
                    LoadedPod.asleep(testbed, name, network).remove();
                  }
                  return null;
                }));
      }
    }
    for (Future<?> worker : workers) {
      worker.get();
    }
  }

  /** Compares the median of the last quarter of the samples with that of the first quarter. */
  private static void verdict(List<Usage> samples, Report report) {
    int quarter = Math.max(1, samples.size() / 4);
    List<String> grown = new ArrayList<>();
    for (Usage.Kind kind : Usage.Kind.values()) {
      long first = median(samples.subList(1, 1 + quarter), kind);
      long last = median(samples.subList(samples.size() - quarter, samples.size()), kind);
      boolean isFlat = last - first <= kind.tolerance;
      report.line("%s: %d at first, %d at last%s", kind, first, last, isFlat ? "" : ", NOT FLAT");
      if (!isFlat) {
        grown.add(kind + " from " + first + " to " + last);
      }
    }
    assertThat(grown).as("what has grown").isEmpty();
  }

  private static long median(List<Usage> samples, Usage.Kind kind) {
    long[] sorted = samples.stream().mapToLong(each -> each.get(kind)).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
