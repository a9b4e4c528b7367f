package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class VitalThreadTest {
  private final AtomicInteger failures = new AtomicInteger();

  @Test
  void errorIsAFailure() throws Exception {
    run(
        () -> {
          throw new OutOfMemoryError("of the test");
        });

    assertThat(failures).hasValue(1);
  }

  @Test
  void checkedExceptionIsAFailure() throws Exception {
    run(
        () -> {
          throw new Exception("of the test");
        });

    assertThat(failures).hasValue(1);
  }

  @Test
  void returnOfTheBodyIsNoFailure() throws Exception {
    run(() -> {});

    assertThat(failures).hasValue(0);
  }

  @Test
  void threadOfAPoolMustNotEndBeforeThePoolIsClosed() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    ThreadFactory threads =
        VitalThread.factory(Thread::new, closed::get, failures::incrementAndGet);

    Thread early = threads.newThread(() -> {});
    early.start();
    early.join();
    assertThat(failures).hasValue(1);

    closed.set(true);
    Thread last = threads.newThread(() -> {});
    last.start();
    last.join();
    assertThat(failures).hasValue(1);
  }

  private void run(VitalThread.Body body) throws InterruptedException {
    Thread thread = VitalThread.unstarted("test", body, failures::incrementAndGet);
    thread.start();
    thread.join();
  }
}
