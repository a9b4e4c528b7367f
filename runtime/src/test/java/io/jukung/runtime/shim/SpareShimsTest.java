package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The queue of pods and the stock of shims, with a launcher that does what the test says. */
@Timeout(60)
class SpareShimsTest {

  /** A start that waits for the test to end it. */
  private static final class Start {
    private final CompletableFuture<String> result = new CompletableFuture<>();

    void succeed(String shim) {
      result.complete(shim);
    }

    void fail(IOException why) {
      result.completeExceptionally(why);
    }
  }

  private static final class Launcher implements SpareShims.Source<String> {
    final BlockingQueue<Start> starts = new LinkedBlockingQueue<>();
    final AtomicInteger underWay = new AtomicInteger();
    final AtomicInteger mostUnderWay = new AtomicInteger();
    final AtomicInteger hurries = new AtomicInteger();
    final BlockingQueue<String> ended = new LinkedBlockingQueue<>();
    final Set<String> dead = ConcurrentHashMap.newKeySet();
    volatile CompletableFuture<Void> mayEnd = CompletableFuture.completedFuture(null);
    volatile boolean startsAlthoughInterrupted;

    @Override
    public String start(BooleanSupplier awaited) throws IOException {
      mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
      Start start = new Start();
      starts.add(start);
      try {
        return start.result.get();
      } catch (ExecutionException e) {
        throw new IOException(e.getCause() == null ? "" : e.getCause().getMessage(), e);
      } catch (InterruptedException e) {
        if (startsAlthoughInterrupted) {
          return "late";
        }
        throw new CriException(ErrorKind.CANCELLED, "cancelled", e);
      } finally {
        underWay.decrementAndGet();
      }
    }

    @Override
    public void hurry() {
      hurries.incrementAndGet();
    }

    @Override
    public boolean isAlive(String shim) {
      return !dead.contains(shim);
    }

    @Override
    public void end(String shim) {
      ended.add(shim);
      mayEnd.join();
    }

    Start next() throws InterruptedException {
      Start start = starts.poll(10, TimeUnit.SECONDS);
      assertThat(start).as("a start begins").isNotNull();
      return start;
    }
  }

  private final Launcher launcher = new Launcher();
  private SpareShims<String> shims = open(0, 0, 1);

  private SpareShims<String> open(int spares, int most, int startsAtOnce) {
    SpareShims<String> opened =
        new SpareShims<>(new SpareShims.Bounds(spares, most, startsAtOnce), launcher);
    opened.open();
    return opened;
  }

  @AfterEach
  void close() {
    shims.close();
  }

  private CompletableFuture<String> take() {
    CompletableFuture<String> taken = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                taken.complete(shims.take());
              } catch (IOException | RuntimeException e) {
                taken.completeExceptionally(e);
              }
            });
    return taken;
  }

  private static <T> T of(CompletableFuture<T> taken) throws Exception {
    return taken.get(10, TimeUnit.SECONDS);
  }

  @Test
  void thirtyPodsAtOnceStartOneShimAfterAnotherAndAllGetOne() throws Exception {
    List<CompletableFuture<String>> pods = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      pods.add(take());
    }
    for (int i = 0; i < 30; i++) {
      Start start = launcher.next();
      assertThat(launcher.starts).as("starts beside this one").isEmpty();
      start.succeed("shim " + i);
    }
    Set<String> distinct = ConcurrentHashMap.newKeySet();
    for (CompletableFuture<String> pod : pods) {
      distinct.add(of(pod));
    }
    assertThat(distinct).hasSize(30);
    assertThat(launcher.mostUnderWay).hasValue(1);
  }

  @Test
  void asManyStartsAreUnderWayAsTheBoundAllows() throws Exception {
    shims.close();
    shims = open(0, 0, 3);
    for (int i = 0; i < 5; i++) {
      var _ = take();
    }
    List<Start> first = List.of(launcher.next(), launcher.next(), launcher.next());
    assertThat(launcher.starts.poll(100, TimeUnit.MILLISECONDS)).isNull();
    first.getFirst().succeed("shim");
    launcher.next();
  }

  @Test
  void otherSettingsReplaceTheSpares() throws Exception {
    shims.close();
    shims = open(1, 1, 1);
    launcher.next().succeed("old");
    while (shims.hasRoom()) {
      Thread.sleep(10); // until the shim that has started is a spare
    }

    shims.rebound(2, 2, /* replace= */ true);

    launcher.next().succeed("new 1");
    launcher.next().succeed("new 2");
    assertThat(launcher.ended.poll(10, TimeUnit.SECONDS)).isEqualTo("old");
    assertThat(of(take())).startsWith("new");
  }

  @Test
  void shimOfAPodThatGaveUpGoesToTheNextPod() throws Exception {
    shims.close();
    shims = open(1, 1, 1);
    launcher.next().succeed("spare");
    assertThat(of(take())).isEqualTo("spare");
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread impatient =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    shims.take();
                  } catch (IOException | RuntimeException e) {
                    failure.complete(e);
                  }
                });
    Start start = launcher.next();
    impatient.interrupt();
    assertThat(failure.get(10, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CANCELLED));
    start.succeed("late");
    assertThat(of(take())).isEqualTo("late");
    assertThat(launcher.ended).isEmpty();
  }

  @Test
  void failedStartFailsOnePodAndTheOthersGetLaterShims() throws Exception {
    CompletableFuture<String> first = take();
    Start start = launcher.next();
    CompletableFuture<String> second = take();
    start.fail(new IOException("no memory"));
    assertThatThrownBy(() -> of(first)).hasMessageContaining("no memory");
    launcher.next().succeed("shim");
    assertThat(of(second)).isEqualTo("shim");
  }

  @Test
  void shimThatIsGivenBackServesAPodThatWaits() throws Exception {
    CompletableFuture<String> pod = take();
    launcher.next();
    assertThat(shims.hasRoom()).isTrue();
    assertThat(shims.giveBack("used")).isTrue();
    assertThat(of(pod)).isEqualTo("used");
  }

  @Test
  void shimThatIsGivenBackIsTakenNextAndNoneIsStarted() throws Exception {
    shims.close();
    shims = open(0, 1, 1);
    CompletableFuture<String> pod = take();
    launcher.next().succeed("shim");
    assertThat(of(pod)).isEqualTo("shim");
    assertThat(shims.hasRoom()).isTrue();
    shims.giveBack("shim");
    assertThat(shims.hasRoom()).as("room for another").isFalse();
    assertThat(of(take())).isEqualTo("shim");
    assertThat(launcher.starts).isEmpty();
  }

  @Test
  void withoutRoomForSparesNoneIsTakenBack() {
    assertThat(shims.hasRoom()).isFalse();
  }

  @Test
  void podHurriesTheStartsThatAreUnderWay() throws Exception {
    shims.close();
    shims = open(1, 1, 1);
    Start start = launcher.next();
    CompletableFuture<String> pod = take();
    while (launcher.hurries.get() == 0) {
      Thread.onSpinWait();
    }
    start.succeed("shim");
    assertThat(of(pod)).isEqualTo("shim");
  }

  @Test
  void deadSpareIsNotTaken() throws Exception {
    shims.close();
    shims = open(0, 2, 1);
    CompletableFuture<String> one = take();
    launcher.next().succeed("one");
    CompletableFuture<String> two = take();
    of(one);
    launcher.next().succeed("two");
    of(two);
    shims.giveBack("one");
    shims.giveBack("two");
    launcher.dead.add("two");
    assertThat(of(take())).isEqualTo("one");
  }

  @Test
  void closeFailsThePodsThatWaitAndReturnsTheSpares() throws Exception {
    shims.close();
    shims = open(0, 1, 1);
    CompletableFuture<String> served = take();
    launcher.next().succeed("shim");
    of(served);
    shims.giveBack("shim");
    assertThat(of(take())).isEqualTo("shim");
    CompletableFuture<String> waiting = take();
    launcher.next();
    assertThat(shims.close()).isEmpty();
    assertThatThrownBy(() -> of(waiting))
        .cause()
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    assertThatThrownBy(() -> shims.take()).isInstanceOf(CriException.class);
  }

  /** The cgroup of the shims is removed after close(), which fails while a shim is in it. */
  @Test
  void closeWaitsForTheEndOfAShimWhoseStartCouldNotBeStopped() throws Exception {
    launcher.startsAlthoughInterrupted = true;
    launcher.mayEnd = new CompletableFuture<>();
    CompletableFuture<String> waiting = take();
    launcher.next();
    CompletableFuture<List<String>> closing = CompletableFuture.supplyAsync(shims::close);
    assertThat(launcher.ended.poll(10, TimeUnit.SECONDS)).isEqualTo("late");
    assertThatThrownBy(() -> closing.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    launcher.mayEnd.complete(null);
    assertThat(of(closing)).isEmpty();
    assertThatThrownBy(() -> of(waiting)).cause().isInstanceOf(CriException.class);
  }
}
