package io.jukung.image.service;

import io.jukung.image.content.Digest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reports of how the blobs of a transfer get on: the latest news of each blob, collected and handed
 * out a few times a second until this object is closed. Thread-safe.
 *
 * @param <T> the news of one blob
 */
final class ProgressReports<T> {
  /** People cannot follow more messages, and bytes arrive in thousands of pieces a second. */
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final Map<Digest, T> latest = new LinkedHashMap<>();
  private final Thread reporter;

  /**
   * Begins to report.
   *
   * @param subject what is transferred, for the name of the thread
   * @param sink receives the news of at least one blob, on a thread of its own
   */
  ProgressReports(String subject, Consumer<List<T>> sink) {
    this.reporter = Thread.ofVirtual().name("progress of " + subject).start(() -> report(sink));
  }

  private void report(Consumer<List<T>> sink) {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        List<T> news = take();
        if (!news.isEmpty()) {
          sink.accept(news);
        }
      }
    } catch (InterruptedException e) {
      return; // the transfer has ended, and end() returns the rest
    }
  }

  synchronized void put(Digest blob, T news) {
    latest.put(blob, news);
  }

  private synchronized List<T> take() {
    List<T> news = List.copyOf(latest.values());
    latest.clear();
    return news;
  }

  /** Ends the reports. The sink is not called any more when this method returns. */
  List<T> end() throws InterruptedException {
    reporter.interrupt();
    reporter.join();
    return take();
  }
}
