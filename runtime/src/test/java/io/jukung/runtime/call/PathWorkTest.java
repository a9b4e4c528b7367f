package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PathWorkTest {
  private final AtomicReference<@Nullable Throwable> noThread = new AtomicReference<>();
  private final PathWork work =
      new PathWork(2, 3, Duration.ofMillis(50), task -> new Thread(failIfAsked(task)));
  private final CountDownLatch answer = new CountDownLatch(1);
  private final List<CompletableFuture<String>> blocked = new ArrayList<>();

  @AfterEach
  void unblock() {
    answer.countDown();
    blocked.forEach(CompletableFuture::join);
  }

  private Runnable failIfAsked(Runnable task) {
    Throwable failure = noThread.get();
    if (failure != null) {
      Throwables.throwIfUnchecked(failure);
    }
    return task;
  }

  @Test
  void slotIsFreeAgainIfNoThreadCanBeMade() throws Exception {
    List<Throwable> failures =
        List.of(
            new OutOfMemoryError("no thread"),
            new IllegalStateException("no thread"),
            new StackOverflowError("no thread"));
    for (Throwable failure : failures) {
      noThread.set(failure);
      assertThatThrownBy(() -> work.call("pod", "look", () -> "")).isSameAs(failure);
    }
    noThread.set(null);
    assertThat(work.call("pod", "look", () -> "found")).isEqualTo("found");
  }

  @Test
  void resultAndExceptionsAreThoseOfTheWork() throws IOException {
    assertThat(work.call("pod", "look", () -> Path.of("/found"))).isEqualTo(Path.of("/found"));
    assertThatThrownBy(
            () ->
                work.call(
                    "pod",
                    "look",
                    () -> {
                      throw new IOException("as it was");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("as it was");
    assertThatThrownBy(
            () ->
                work.call(
                    "pod",
                    "look",
                    () -> {
                      throw CriException.notFound("nowhere");
                    }))
        .isInstanceOf(CriException.class)
        .hasMessage("nowhere");
  }

  @Test
  void podWithBlockedThreadsIsRefusedMoreAndOtherPodsAreNot() throws Exception {
    block("hung");
    block("hung");

    assertThatThrownBy(() -> work.call("hung", "CreateContainer x", () -> ""))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
        .hasMessage(
            "CreateContainer x: 2 earlier calls for sandbox hung still wait for the file system;"
                + " one of their volumes or log directories does not answer");
    assertThat(work.call("other", "look", () -> "found")).isEqualTo("found");
  }

  @Test
  void allPodsTogetherHaveABound() throws Exception {
    block("one");
    block("two");
    block("three");

    assertThatThrownBy(() -> work.call("four", "look", () -> ""))
        .isInstanceOf(CriException.class)
        .hasMessageStartingWith("look: 3 earlier calls still wait for the file system");
  }

  @Test
  void threadsThatAreFreeAgainServeTheNextCalls() throws Exception {
    block("pod");
    block("pod");
    unblock();

    assertThat(work.call("pod", "look", () -> "found")).isEqualTo("found");
  }

  @Test
  void nextWorkRunsOnTheSameThreadUnderItsOwnName() throws Exception {
    Thread first = work.call("pod", "CreateContainer x", Thread::currentThread);
    Thread second;
    do { // the thread waits for work a moment after the result is known
      second = work.call("pod", "StartContainer y", Thread::currentThread);
    } while (!second.equals(first));
    assertThat(first.getName()).isEqualTo("StartContainer y");
  }

  @Test
  void interruptDoesNotAbandonTheWork() throws Exception {
    Thread.currentThread().interrupt();
    PathWork free = new PathWork();

    assertThat(free.call("pod", "look", () -> "found")).isEqualTo("found");
    assertThat(Thread.interrupted()).isTrue();
  }

  private void block(String sandboxId) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<String> result = new CompletableFuture<>();
    blocked.add(result);
    Thread.startVirtualThread(
        () -> {
          try {
            result.complete(
                work.call(
                    sandboxId,
                    "blocked",
                    () -> {
                      begun.countDown();
                      Uninterruptibles.awaitUninterruptibly(answer);
                      return "";
                    }));
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    begun.await();
  }
}
