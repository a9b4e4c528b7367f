package io.jukung.runtime.descriptor;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.io.Pipe;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DescriptorLoopTest {
  private static final Duration BOUND = Duration.ofSeconds(10);

  private final CountDownLatch failed = new CountDownLatch(1);
  private Pipe pipe;
  private DescriptorLoop loop;

  @BeforeEach
  void open() throws IOException {
    pipe = Pipe.open();
    loop = DescriptorLoop.start("test", failed::countDown);
  }

  @AfterEach
  void close() throws IOException {
    if (failed.getCount() > 0) { // else the loop has closed itself
      loop.close();
    }
    pipe.close();
  }

  /** No exit would be noticed any more, and the daemon would still answer calls. */
  @Test
  void errorOfASourceIsAFailureOfTheLoop() throws Exception {
    loop.add(
        pipe.reader(),
        (_, _) -> {
          throw new OutOfMemoryError("of the test");
        });
    pipe.writer().write("x".getBytes(StandardCharsets.UTF_8));

    assertThat(failed.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
  }

  @Test
  void exceptionOfASourceLeavesTheLoopRunning() throws Exception {
    CountDownLatch calls = new CountDownLatch(3);
    loop.add(
        pipe.reader(),
        (_, _) -> {
          calls.countDown();
          throw new IOException("of the test");
        });
    pipe.writer().write("x".getBytes(StandardCharsets.UTF_8));

    assertThat(calls.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    assertThat(failed.getCount()).isOne();
  }

  @Test
  void sourceIsCalledForItsEventsOnly() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    long token =
        loop.add(
            pipe.reader(),
            (int _, Memory _) -> {
              read.countDown();
            });
    assertThat(read.getCount()).isOne();
    pipe.writer().write("x".getBytes(StandardCharsets.UTF_8));
    assertThat(read.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    loop.remove(token, pipe.reader());
  }
}
