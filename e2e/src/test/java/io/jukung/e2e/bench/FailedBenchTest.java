package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Benchmarks of a runtime that does not answer. */
class FailedBenchTest {
  private static final Duration BOUND = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final Set<Thread> before = threads();

  @Test
  void failedPullLeavesNoThreadThatKeepsTheProcessAlive() throws Exception {
    String endpoint =
        "none=%s,%d".formatted(directory.resolve("none.sock"), ProcessHandle.current().pid());
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(
            () ->
                PullBench.main(
                    new String[] {"--endpoint", endpoint, "--image", "image=registry.example/a"}));
    assertThatNewThreadsEnd();
  }

  @Test
  void failedBenchLeavesNoThreadThatKeepsTheProcessAlive() throws Exception {
    String endpoint = "none=" + directory.resolve("none.sock");
    String logs = directory.toString();
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(
            () ->
                Bench.main(
                    new String[] {
                      "--endpoint", endpoint, "--image", "registry.example/a", "--logs", logs
                    }));
    assertThatNewThreadsEnd();
  }

  private void assertThatNewThreadsEnd() throws InterruptedException {
    Set<Thread> added = threads();
    added.removeAll(before);
    for (Thread thread : added) {
      assertThat(thread.join(BOUND)).as(thread.getName()).isTrue();
    }
  }

  private static Set<Thread> threads() {
    Set<Thread> threads = new HashSet<>(Thread.getAllStackTraces().keySet());
    threads.removeIf(Thread::isDaemon);
    return threads;
  }
}
