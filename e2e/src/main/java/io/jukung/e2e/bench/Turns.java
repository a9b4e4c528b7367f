package io.jukung.e2e.bench;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Runs operations on all runtimes in turn, so that other load on the machine affects them alike.
 * The order of each turn is random (with a fixed seed): so no runtime always follows the same other
 * one and pays for what that one still does.
 */
final class Turns {
  private static final long SEED = 42;
  private static final Duration SETTLE_BOUND = Duration.ofSeconds(20);
  private static final long SETTLE_STEP_MILLIS = 250;

  /** What an idle daemon uses in one step at most. */
  private static final double IDLE_PROCESSOR_MILLIS = 4;

  /** One operation on one runtime. */
  interface Operation {
    void run(Contender contender) throws IOException, InterruptedException;
  }

  /** Something that is done as often on each runtime. */
  interface Phase {
    void run() throws IOException, InterruptedException;
  }

  private final List<Contender> contenders;
  private final Results results;
  private final int warmUp;
  private final int iterations;
  private final Random random = new Random(SEED);

  Turns(List<Contender> contenders, Results results, int warmUp, int iterations) {
    this.contenders = List.copyOf(contenders);
    this.results = results;
    this.warmUp = warmUp;
    this.iterations = iterations;
  }

  List<Contender> contenders() {
    return contenders;
  }

  Results results() {
    return results;
  }

  int iterations() {
    return iterations;
  }

  int warmUp() {
    return warmUp;
  }

  /** Runs the operation once on each runtime, without measuring it. */
  void once(Operation operation) throws IOException, InterruptedException {
    for (Contender contender : shuffled(contenders)) {
      operation.run(contender);
    }
  }

  /** Runs the operation once on each runtime, and measures it. */
  void time(Row row, Operation operation) throws IOException, InterruptedException {
    time(row, operation, contenders);
  }

  private void time(Row row, Operation operation, List<Contender> some)
      throws IOException, InterruptedException {
    for (Contender contender : shuffled(some)) {
      long start = System.nanoTime();
      operation.run(contender);
      results.addTime(row, contender.name(), System.nanoTime() - start);
    }
  }

  /**
   * Runs a call that reads, first to warm up and then measured. A runtime that answers the first
   * one with an error is left out, and the error is shown below the table.
   */
  void read(Row row, int times, Operation operation) throws IOException, InterruptedException {
    List<Contender> answering = new ArrayList<>();
    for (Contender contender : contenders) {
      try {
        operation.run(contender);
        answering.add(contender);
      } catch (StatusRuntimeException e) {
        results.refuse(row, contender.name(), e.getStatus().toString());
      }
    }
    for (int i = 0; i < warmUp; i++) {
      for (Contender contender : shuffled(answering)) {
        operation.run(contender);
      }
    }
    for (int i = 0; i < times; i++) {
      time(row, operation, answering);
    }
  }

  /**
   * Runs a phase, and notes how much processor time each runtime used for it: the daemon and all
   * that it has started, and also what they did in the background until they were idle again.
   *
   * @param units how often the phase does on each runtime what the row counts
   */
  void account(Row row, int units, Phase phase) throws IOException, InterruptedException {
    settle();
    Map<Contender, Double> before = processorMillis();
    phase.run();
    settle();
    Map<Contender, Double> after = processorMillis();
    after.forEach(
        (contender, millis) ->
            results.put(
                row, contender.name(), (millis - before.getOrDefault(contender, 0.0)) / units));
  }

  /** Waits until no runtime does anything, for a bounded time. */
  void settle() throws IOException, InterruptedException {
    long start = System.nanoTime();
    Set<Contender> busy = new HashSet<>(contenders);
    Map<Contender, Double> before = processorMillis();
    while (!busy.isEmpty() && System.nanoTime() - start < SETTLE_BOUND.toNanos()) {
      Thread.sleep(SETTLE_STEP_MILLIS);
      Map<Contender, Double> after = processorMillis();
      busy.retainAll(after.keySet());
      for (Map.Entry<Contender, Double> now : after.entrySet()) {
        double used = now.getValue() - before.getOrDefault(now.getKey(), 0.0);
        if (used <= IDLE_PROCESSOR_MILLIS) {
          busy.remove(now.getKey());
        }
      }
      before = after;
    }
  }

  private Map<Contender, Double> processorMillis() throws IOException {
    Map<Contender, Double> millis = new HashMap<>();
    for (Contender contender : contenders) {
      Optional<Path> cgroup = contender.cgroup();
      if (cgroup.isPresent()) {
        millis.put(contender, ProcessorTime.millis(cgroup.get()));
      }
    }
    return millis;
  }

  private List<Contender> shuffled(List<Contender> some) {
    List<Contender> order = new ArrayList<>(some);
    Collections.shuffle(order, random);
    return order;
  }
}
