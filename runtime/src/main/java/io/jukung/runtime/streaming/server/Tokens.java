package io.jukung.runtime.streaming.server;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.streaming.session.StreamRequest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is behind the URLs that were given out. A token is taken once, within a minute; who has not
 * been given it cannot guess it. Thread-safe.
 */
final class Tokens {
  static final Duration LIFETIME = Duration.ofMinutes(1);

  /** A client that asks for URLs and never comes must not fill the memory. */
  static final int MAX_PENDING = 1000;

  /** 192 random bits: guessing is hopeless even a million times a second. */
  private static final int BYTES = 24;

  private record Pending(StreamRequest request, long deadline) {}

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;
  private final Map<String, Pending> pending = new LinkedHashMap<>(); // the oldest first

  /**
   * No token yet.
   *
   * @param nanoTime the clock
   */
  Tokens(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * A new token.
   *
   * @throws CriException RESOURCE_EXHAUSTED where too many were not taken
   */
  synchronized String give(StreamRequest request) {
    dropExpired();
    if (pending.size() == MAX_PENDING) {
      throw new CriException(
          ErrorKind.RESOURCE_EXHAUSTED,
          MAX_PENDING + " streaming URLs are waiting for their clients");
    }
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    pending.put(token, new Pending(request, nanoTime.getAsLong() + LIFETIME.toNanos()));
    return token;
  }

  /** What the token stands for; null where it is none, was taken before, or has expired. */
  synchronized @Nullable StreamRequest take(String token) {
    dropExpired();
    Pending taken = pending.remove(token);
    return taken == null ? null : taken.request();
  }

  private void dropExpired() {
    Iterator<Pending> oldest = pending.values().iterator();
    while (oldest.hasNext() && oldest.next().deadline() - nanoTime.getAsLong() <= 0) {
      oldest.remove();
    }
  }
}
