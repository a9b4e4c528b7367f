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
 * The requests behind the URLs that were given out. Each URL ends with a token that cannot be
 * guessed, and a token can be used once, within a minute. Thread-safe.
 */
final class Tokens {
  static final Duration LIFETIME = Duration.ofMinutes(1);

  /**
   * The limit of tokens that wait for their client: a caller that asks for URLs and never uses them
   * must not fill the memory.
   */
  static final int MAX_PENDING = 1000;

  /**
   * The length of a token: 192 random bits cannot be guessed, even with a million attempts a
   * second.
   */
  private static final int BYTES = 24;

  private record Pending(StreamRequest request, long deadline) {}

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;
  private final Map<String, Pending> pending = new LinkedHashMap<>(); // the oldest first

  /**
   * Makes an empty set of tokens.
   *
   * @param nanoTime the clock, in nanoseconds since any moment
   */
  Tokens(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Returns a new token for a request.
   *
   * @throws CriException RESOURCE_EXHAUSTED if too many tokens wait for their client
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

  /**
   * Returns the request of a token and forgets the token; null if the token is unknown, was used
   * before, or has expired.
   */
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
