package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.call.Rollback.RollbackException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RollbackTest {
  private static final ThreadFactory THREADS = Thread.ofVirtual().factory();

  private final List<String> undone = new CopyOnWriteArrayList<>();
  private final Rollback rollback = Rollback.named("RunPodSandbox", "p1");

  @Test
  void closeUndoesTheLastStepFirst() throws Exception {
    rollback.undo("remove network", () -> undone.add("network"));
    rollback.undo("remove cgroup", () -> undone.add("cgroup"));
    rollback.close();
    assertThat(undone).containsExactly("cgroup", "network");
    assertThat(rollback.isClean()).isTrue();
  }

  /** A step may hang in the kernel, and must not hold a carrier of virtual threads then. */
  @Test
  void stepsRunOnPlatformThreads() throws Exception {
    rollback.undo("look", () -> undone.add("virtual: " + Thread.currentThread().isVirtual()));
    rollback.close();
    assertThat(undone).containsExactly("virtual: false");
  }

  @Test
  void committedRollbackUndoesNothing() throws Exception {
    rollback.undo("remove network", () -> undone.add("network"));
    rollback.commit();
    rollback.close();
    assertThat(undone).isEmpty();
  }

  @Test
  void secondCloseDoesNotRunStepsAgain() throws Exception {
    rollback.undo("remove network", () -> undone.add("network"));
    rollback.close();
    rollback.close();
    assertThat(undone).containsExactly("network");
  }

  @Test
  void stepsAfterAFailedOneRunAndEveryFailureIsReported() {
    rollback.undo("remove network", () -> undone.add("network"));
    rollback.undo(
        "remove cgroup",
        () -> {
          throw new IOException("busy");
        });
    rollback.undo(
        "remove record",
        () -> {
          throw new StackOverflowError("deep");
        });
    assertThatThrownBy(rollback::close)
        .isInstanceOf(RollbackException.class)
        .hasMessage("rollback of RunPodSandbox p1 is incomplete")
        .extracting(e -> List.of(e.getSuppressed()).stream().map(Throwable::getMessage).toList())
        .isEqualTo(
            List.of(
                "remove record: java.lang.StackOverflowError: deep",
                "remove cgroup: java.io.IOException: busy"));
    assertThat(undone).containsExactly("network");
    assertThat(rollback.isClean()).isFalse();
  }

  @Test
  void failuresAreAddedToTheFailureOfTheUseCase() {
    assertThatThrownBy(
            () -> {
              try (Rollback inner = Rollback.named("CreateContainer", "c1")) {
                inner.undo(
                    "remove layer",
                    () -> {
                      throw new IOException("busy");
                    });
                throw new IOException("no space left");
              }
            })
        .hasMessage("no space left")
        .extracting(e -> e.getSuppressed()[0].getMessage())
        .isEqualTo("rollback of CreateContainer c1 is incomplete");
  }

  @Test
  void interruptedCallerWaitsForEveryStepAndStaysInterrupted() throws Exception {
    rollback.undo("remove network", () -> undone.add("network"));
    rollback.undo("remove cgroup", () -> undone.add("cgroup"));
    Thread.currentThread().interrupt();
    rollback.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(undone).containsExactly("cgroup", "network");
  }

  /** A thread whose start returns when the latch is open: then its step surely runs. */
  private static Thread startedAt(CountDownLatch running, Runnable work) {
    return new Thread(work) {
      @Override
      public void start() {
        super.start();
        try {
          running.await();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    };
  }

  @Test
  void stepThatHangsIsInterruptedAndTheOthersRun() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    Rollback impatient =
        new Rollback("StopPodSandbox p1", Duration.ofMillis(20), work -> startedAt(running, work));
    impatient.undo("remove network", () -> undone.add("network"));
    impatient.undo(
        "remove cgroup",
        () -> {
          running.countDown();
          try {
            new CountDownLatch(1).await();
          } finally {
            interrupted.countDown();
          }
        });
    assertThatThrownBy(impatient::close)
        .extracting(e -> e.getSuppressed()[0].getMessage())
        .asString()
        .startsWith("remove cgroup: not done after");
    assertThat(undone).containsExactly("network");
    interrupted.await();
  }

  @Test
  void stepsRunAlthoughAnEarlierOneGotNoThread() {
    AtomicInteger threads = new AtomicInteger();
    Rollback starved =
        new Rollback(
            "StopPodSandbox p1",
            Duration.ofSeconds(30),
            work -> {
              if (threads.getAndIncrement() == 0) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return THREADS.newThread(work);
            });
    starved.undo("remove network", () -> undone.add("network"));
    starved.undo("remove cgroup", () -> undone.add("cgroup"));
    assertThatThrownBy(starved::close)
        .isInstanceOf(RollbackException.class)
        .extracting(e -> e.getSuppressed()[0].getMessage())
        .asString()
        .startsWith("remove cgroup: ")
        .contains("unable to create native thread");
    assertThat(undone).containsExactly("network");
  }
}
