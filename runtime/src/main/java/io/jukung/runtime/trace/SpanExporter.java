package io.jukung.runtime.trace;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector, by a thread of its own, some at a time. Calls never wait for the
 * collector: spans that do not fit into the queue, and those of a request that fails, are lost, and
 * the log says so now and then. Thread-safe.
 */
final class SpanExporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpanExporter.class);

  /** A pod makes some 20 spans. */
  static final int MAX_WAITING = 4096;

  /** Collectors accept 4 MiB; a span takes less than 1 KiB. */
  private static final int MAX_BATCH = 512;

  /** How long a span waits for others at most. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long BETWEEN_WARNINGS_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final Duration STOP = Duration.ofSeconds(2);

  private final URI endpoint;
  private final OtlpJson encoder;
  private final BlockingQueue<Span> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
  private final AtomicLong lost = new AtomicLong();
  private final HttpClient client;
  private final Thread thread;
  private volatile boolean closed;
  private long warned = System.nanoTime() - BETWEEN_WARNINGS_NANOS;

  private SpanExporter(URI endpoint, OtlpJson encoder) {
    this.endpoint = endpoint;
    this.encoder = encoder;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    this.thread = Thread.ofPlatform().daemon().name("traces").unstarted(this::run);
  }

  static SpanExporter start(URI endpoint, OtlpJson encoder) {
    SpanExporter exporter = new SpanExporter(endpoint, encoder);
    exporter.thread.start();
    return exporter;
  }

  /** Takes a span. Never waits. */
  void export(Span span) {
    if (!waiting.offer(span)) {
      lost.incrementAndGet();
    }
  }

  private void run() {
    List<Span> batch = new ArrayList<>();
    while (!closed || !waiting.isEmpty()) {
      try {
        collect(batch);
        if (!batch.isEmpty()) {
          send(batch);
        }
      } catch (InterruptedException e) {
        closed = true; // what waits is still sent, or fails at once
      } catch (RuntimeException e) { // the next spans must be sent all the same
        lose(batch.size(), e.toString());
      }
      batch.clear();
    }
  }

  private void collect(List<Span> batch) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (batch.size() < MAX_BATCH) {
      long left = closed ? 0 : end - System.nanoTime();
      @Nullable Span next = waiting.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
      if (next == null) {
        return;
      }
      batch.add(next);
    }
  }

  private void send(List<Span> batch) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(encoder.encode(batch)))
            .build();
    // The request's own timeout ends with the head of the answer.
    var sent = client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
    try {
      HttpResponse<Void> response = sent.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() / 100 != 2) {
        lose(batch.size(), "HTTP " + response.statusCode());
      }
    } catch (ExecutionException | TimeoutException e) {
      sent.cancel(true);
      lose(batch.size(), String.valueOf(e.getCause() == null ? e : e.getCause()));
    }
  }

  private void lose(int spans, String reason) {
    lost.addAndGet(spans);
    long now = System.nanoTime();
    if (now - warned >= BETWEEN_WARNINGS_NANOS) {
      warned = now;
      LOG.warn("{} spans were not sent to {}: {}", lost.getAndSet(0), endpoint, reason);
    }
  }

  /** Sends what waits, for two seconds at most. */
  @Override
  public void close() throws InterruptedException {
    closed = true;
    if (!thread.join(STOP)) {
      client.shutdownNow();
      thread.interrupt();
    }
    client.shutdownNow();
  }
}
