package io.jukung.engine.build;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.StepFailed;
import io.jukung.cri.client.ContextUpload;
import io.jukung.cri.client.ContextUpload.BuildEndedException;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.image.ProgressStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One build: sends the context to the daemon, and then its progress to the client. A client that
 * leaves ends the build. Used by the thread of the request.
 */
final class BuildRun {
  /**
   * How many messages wait for a client that reads slowly; the daemon waits then. It sends fewer
   * than this before it has the whole context, which is what the client waits for.
   */
  private static final int MAX_WAITING = 256;

  /** How much of a context is read that the daemon does not want, so that the client hears why. */
  private static final long MAX_DISCARDED_BYTES = 256L << 20;

  private static final int BUFFER_BYTES = 64 << 10;
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Exchange exchange;
  private final ProgressStream stream;
  private final ClassicProgress progress;
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>(MAX_WAITING);
  private volatile boolean over;

  /** What the daemon says: progress, or that the call has ended. */
  private sealed interface Message {
    record Progress(BuildProgress event) implements Message {}

    /**
     * @param failure null if the build has succeeded
     */
    record End(@Nullable Throwable failure) implements Message {}
  }

  BuildRun(Exchange exchange) {
    this.exchange = exchange;
    this.stream = new ProgressStream(exchange);
    this.progress = new ClassicProgress(stream, exchange.query().flag("q", false));
  }

  /**
   * Builds.
   *
   * @throws StatusRuntimeException if the daemon refuses the build before the client was told of a
   *     step
   */
  void run(Daemon daemon, BuildOptions options) throws IOException, InterruptedException {
    try (ContextUpload upload =
        new ContextUpload(
            daemon.builds(), options, event -> enqueue(new Message.Progress(event)))) {
      Thread.ofVirtual().name("build-end").start(() -> awaitEnd(upload));
      sendContext(upload);
      @Nullable Throwable failure = showAll();
      if (failure != null) {
        fail(failure);
      }
    } finally {
      over = true;
    }
  }

  /** Waits for room, which there may never be when nobody reads any more. */
  private void enqueue(Message message) {
    try {
      while (!over && !messages.offer(message, LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        // the client reads slowly
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitEnd(ContextUpload upload) {
    try {
      enqueue(new Message.End(upload.await()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sendContext(ContextUpload upload) throws IOException {
    InputStream body = exchange.body();
    try {
      body.transferTo(upload);
      upload.complete();
    } catch (BuildEndedException e) {
      discard(body); // why the build has ended is told by the end of the call
    }
  }

  private static void discard(InputStream body) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long discarded = 0;
    for (int count = body.read(buffer);
        count >= 0 && discarded < MAX_DISCARDED_BYTES;
        count = body.read(buffer)) {
      discarded += count;
    }
  }

  /** Shows the progress to the end, and returns why the build has failed; null if it has not. */
  private @Nullable Throwable showAll() throws IOException, InterruptedException {
    while (true) {
      switch (messages.take()) {
        case Message.Progress(BuildProgress event) -> progress.show(event);
        case Message.End end -> {
          return end.failure();
        }
      }
    }
  }

  private void fail(Throwable failure) throws IOException {
    StatusRuntimeException refused =
        failure instanceof StatusRuntimeException status
            ? status
            : Status.INTERNAL.withDescription(String.valueOf(failure)).asRuntimeException();
    if (!stream.hasBegun()) {
      throw refused;
    }
    int code = progress.failure().map(StepFailed::getExitCode).orElse(0);
    stream.error(code == 0 ? 1 : code, DaemonStatus.message(refused));
  }
}
