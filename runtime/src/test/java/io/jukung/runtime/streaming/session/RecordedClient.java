package io.jukung.runtime.streaming.session;

import io.jukung.cri.streaming.CommandStatus;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A client that records what it is sent, and whose room for output is what the test says. */
final class RecordedClient implements CommandClient {
  final ManualTimers timers = new ManualTimers();
  final AtomicLong received = new AtomicLong();
  final CompletableFuture<CommandStatus> end = new CompletableFuture<>();
  private final Deque<Boolean> room = new ArrayDeque<>();
  private boolean lastRoom = true;

  /** The next answers of {@link #isWritable}; the last one holds from then on. */
  synchronized void willHaveRoom(List<Boolean> answers) {
    room.addAll(answers);
  }

  synchronized boolean hasAnsweredAll() {
    return room.isEmpty();
  }

  @Override
  public void connected() {}

  @Override
  public void send(Output output, byte[] bytes) {
    received.addAndGet(bytes.length);
  }

  @Override
  public void end(Output output) {}

  @Override
  public synchronized boolean isWritable() {
    @Nullable Boolean next = room.poll();
    lastRoom = next == null ? lastRoom : next;
    return lastRoom;
  }

  @Override
  public void pauseInput() {}

  @Override
  public void resumeInput() {}

  @Override
  public void finish(CommandStatus status) {
    end.complete(status);
  }

  @Override
  public ScheduledExecutorService events() {
    return timers;
  }
}
