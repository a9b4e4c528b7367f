package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SingleFlightTest {
  private volatile Thread worker = Thread.currentThread();
  private final SingleFlight<String, String, String> flight =
      new SingleFlight<>("RunPodSandbox", this::newWorker);
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final AtomicInteger runs = new AtomicInteger();

  private Thread newWorker(Runnable work) {
    Thread thread = Thread.ofVirtual().unstarted(work);
    worker = thread;
    return thread;
  }

  @AfterEach
  void endWork() {
    mayEnd.countDown();
  }

  /** Work that lasts until the test lets it end, and returns which run it is. */
  private String countedRun() throws InterruptedException {
    int run = runs.incrementAndGet();
    started.countDown();
    mayEnd.await();
    return "run " + run;
  }

  /** A caller in a thread of its own, with what it got. */
  private final class Caller {
    private volatile String answer = "";
    final Thread thread = Thread.ofPlatform().start(this::call);

    private void call() {
      try {
        answer = flight.join("pod", "request", SingleFlightTest.this::countedRun);
      } catch (InterruptedException e) {
        answer = "gave up";
      } catch (IOException e) {
        answer = e.toString();
      }
    }

    void awaitWaiting() {
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }

    String result() throws InterruptedException {
      thread.join();
      return answer;
    }
  }

  /** A caller gives up while the work runs, as one does whose deadline has passed. */
  private void startAndGiveUp() throws InterruptedException {
    Caller caller = new Caller();
    started.await();
    caller.thread.interrupt();
    assertThat(caller.result()).isEqualTo("gave up");
  }

  private void letWorkEnd() throws InterruptedException {
    mayEnd.countDown();
    worker.join();
  }

  @Test
  void callsWithTheSameRequestShareOneRun() throws Exception {
    Caller first = new Caller();
    started.await();
    Caller second = new Caller();
    first.awaitWaiting();
    second.awaitWaiting();
    letWorkEnd();
    assertThat(first.result()).isEqualTo("run 1");
    assertThat(second.result()).isEqualTo("run 1");
  }

  @Test
  void callWithAnotherRequestIsRefusedWhileTheWorkRuns() throws Exception {
    Caller first = new Caller();
    started.await();
    assertThatThrownBy(() -> flight.join("pod", "another request", () -> "never"))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS))
        .hasMessageContainingAll("RunPodSandbox", "pod");
    assertThat(flight.join("other pod", "another request", () -> "done")).isEqualTo("done");
    letWorkEnd();
    assertThat(first.result()).isEqualTo("run 1");
  }

  @Test
  void deliveredResultIsNotKept() throws Exception {
    assertThat(flight.join("pod", "request", () -> "first")).isEqualTo("first");
    assertThat(flight.join("pod", "request", () -> "second")).isEqualTo("second");
  }

  @Test
  void resultThatNobodyWaitedForIsGivenToTheNextCall() throws Exception {
    startAndGiveUp();
    letWorkEnd();
    assertThat(flight.join("pod", "request", () -> "another run")).isEqualTo("run 1");
    assertThat(flight.join("pod", "request", () -> "another run")).isEqualTo("another run");
  }

  @Test
  void forgottenResultIsNotGivenToTheNextCall() throws Exception {
    startAndGiveUp();
    flight.forget("pod"); // of running work nothing is forgotten
    assertThatThrownBy(() -> flight.join("pod", "another request", () -> "never"))
        .isInstanceOf(CriException.class);
    letWorkEnd();
    flight.forget("pod");
    assertThat(flight.join("pod", "another request", () -> "another run")).isEqualTo("another run");
  }

  @Test
  void everyKindOfFailureReachesTheCallerAndTheNextCallRunsAgain() throws Exception {
    assertThatThrownBy(() -> flight.join("pod", "request", () -> fail(new IOException("disk"))))
        .isInstanceOf(IOException.class)
        .hasMessage("disk");
    assertThatThrownBy(
            () -> flight.join("pod", "request", () -> fail(CriException.invalidArgument("field"))))
        .isInstanceOf(CriException.class);
    assertThatThrownBy(
            () -> flight.join("pod", "request", () -> fail(new StackOverflowError("deep"))))
        .isInstanceOf(StackOverflowError.class);
    assertThatThrownBy(
            () -> flight.join("pod", "request", () -> fail(new InterruptedException("work"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("RunPodSandbox");
    assertThat(flight.join("pod", "request", () -> "done")).isEqualTo("done");
  }

  private static String fail(Throwable failure) throws Exception {
    switch (failure) {
      case Error e -> throw e;
      case Exception e -> throw e;
      default -> throw new AssertionError(failure);
    }
  }

  @Test
  void keyIsFreeAgainAfterTheWorkGotNoThread() throws Exception {
    AtomicInteger threads = new AtomicInteger();
    SingleFlight<String, String, String> starved =
        new SingleFlight<>(
            "RunPodSandbox",
            work -> {
              if (threads.getAndIncrement() == 0) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return newWorker(work);
            });
    assertThatThrownBy(() -> starved.join("pod", "request", () -> "done"))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(starved.join("pod", "request", () -> "done")).isEqualTo("done");
  }

  /** The only caller gives up at the very moment in which the work fails. */
  @Test
  void failureThatTheOnlyCallerMissedIsNotGivenToTheNextCall() throws Exception {
    for (int round = 0; round < 1_000; round++) {
      CountDownLatch fails = new CountDownLatch(1);
      CountDownLatch running = new CountDownLatch(1);
      String key = "pod " + round;
      Thread caller =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      flight.join(
                          key,
                          "request",
                          () -> {
                            running.countDown();
                            fails.await();
                            throw new IOException("missed");
                          });
                    } catch (IOException | InterruptedException e) {
                      return; // both are possible
                    }
                  });
      running.await();
      fails.countDown();
      caller.interrupt();
      caller.join();
      worker.join();
      assertThat(flight.join(key, "request", () -> "next")).isEqualTo("next");
    }
  }
}
