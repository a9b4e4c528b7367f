package io.jukung.runtime.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.streaming.CommandStatus;
import io.jukung.linux.fs.Fd;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.service.FakeShimPool;
import io.jukung.runtime.service.TestNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AttachSessionTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final StreamRequest.Streams STDOUT =
      new StreamRequest.Streams(false, true, false, false);

  @TempDir private Path directory;
  private final RecordedClient client = new RecordedClient();
  private final AtomicLong now = new AtomicLong();
  private TestNode node;
  private DescriptorLoop loop;
  private AttachSession session;
  private Fd stdout;

  @BeforeEach
  void attach() throws Exception {
    node = new TestNode(directory);
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    loop = DescriptorLoop.start("test");
    session =
        new AttachSession(
            client,
            new StreamRequest.Attach(container, STDOUT),
            node.containers,
            node.shims,
            loop,
            now::get);
    session.start();
    FakeShimPool.Pod shim = Objects.requireNonNull(node.pool.pods.get(sandbox));
    stdout = Objects.requireNonNull(shim.attached);
  }

  @AfterEach
  void close() throws Exception {
    session.disconnected();
    stdout.close();
    loop.close();
    node.cleanUp();
  }

  @Test
  void clientThatDoesNotReadIsDetachedAfterTenSeconds() throws Exception {
    client.willHaveRoom(List.of(false));
    write();
    await(() -> !client.timers.isEmpty());

    pass(Duration.ofSeconds(9));
    assertThat(client.end).isNotDone();
    pass(Duration.ofSeconds(1));

    assertDetached();
  }

  /** The client may make room just between the read and the stall that follows from it. */
  @Test
  void clientThatStopsReadingAfterAStallThatEndedAtOnceIsDetached() throws Exception {
    client.willHaveRoom(List.of(false, true));
    write();
    await(() -> !client.timers.isEmpty() && client.hasAnsweredAll());
    pass(Duration.ofSeconds(10));
    assertThat(client.end).isNotDone();

    client.willHaveRoom(List.of(false));
    write();
    await(() -> client.hasAnsweredAll() && client.received.get() == 2);
    await(() -> !client.timers.isEmpty());
    pass(Duration.ofSeconds(10));

    assertDetached();
  }

  @Test
  void clientThatReadsAgainStaysAttached() throws Exception {
    client.willHaveRoom(List.of(false));
    write();
    await(() -> !client.timers.isEmpty());
    pass(Duration.ofSeconds(9));
    client.willHaveRoom(List.of(true));
    session.writable();
    pass(Duration.ofSeconds(9));

    assertThat(client.end).isNotDone();
  }

  private void assertDetached() {
    assertThat(client.end)
        .isCompletedWithValue(
            new CommandStatus.Failed(
                "detached from the container: its output was not read for 10 s"));
  }

  private void write() throws Exception {
    stdout.write("x".getBytes(StandardCharsets.UTF_8));
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
    client.timers.runAll();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + BOUND.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
  }
}
