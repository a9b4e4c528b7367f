package io.jukung.runtime.nri;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.container.LifecyclePlugins;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SyncGateTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(100);

  private final SyncGate gate = new SyncGate(LONG);

  private static CountDownLatch elsewhere(Runnable work) {
    CountDownLatch done = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(
            () -> {
              work.run();
              done.countDown();
            });
    return done;
  }

  private static boolean isDone(CountDownLatch latch, Duration wait) throws InterruptedException {
    return latch.await(wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void stepsGoOnBesideEachOther() throws Exception {
    try (LifecyclePlugins.Step _ = gate.begin("a")) {
      assertThat(isDone(elsewhere(() -> gate.begin("b").close()), LONG)).isTrue();
    }
  }

  @Test
  void synchronizationWaitsForStepsUnderWayAndKeepsNewOnesFromBeginning() throws Exception {
    LifecyclePlugins.Step step = gate.begin("a");
    CountDownLatch begun = elsewhere(() -> assertThat(gate.beginSynchronization(LONG)).isTrue());
    assertThat(isDone(begun, SHORT)).isFalse();
    step.close();
    assertThat(isDone(begun, LONG)).isTrue();
    CountDownLatch next = elsewhere(() -> gate.begin("b").close());
    assertThat(isDone(next, SHORT)).isFalse();
    gate.endSynchronization();
    assertThat(isDone(next, LONG)).isTrue();
  }

  @Test
  void synchronizationThatCannotBeginKeepsNobodyWaiting() {
    try (LifecyclePlugins.Step _ = gate.begin("a")) {
      assertThat(gate.beginSynchronization(SHORT)).isFalse();
      gate.begin("b").close();
    }
  }

  @Test
  void stepDoesNotWaitForASynchronizationForEver() {
    SyncGate impatient = new SyncGate(SHORT);
    assertThat(impatient.beginSynchronization(SHORT)).isTrue();

    impatient.begin("a").close();
  }

  @Test
  void endOfTheStepsOfOneObjectIsAwaited() throws Exception {
    LifecyclePlugins.Step step = gate.begin("a");
    gate.awaitEnd("b");
    CountDownLatch awaited = elsewhere(() -> gate.awaitEnd("a"));
    assertThat(isDone(awaited, SHORT)).isFalse();
    step.close();
    assertThat(isDone(awaited, LONG)).isTrue();
  }
}
