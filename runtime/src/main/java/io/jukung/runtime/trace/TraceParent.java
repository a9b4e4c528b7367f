package io.jukung.runtime.trace;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The trace that a caller has begun, as the header traceparent names it (W3C Trace Context, 3.2).
 *
 * @param traceId 32 hex digits
 * @param spanId the caller's span, 16 hex digits
 * @param sampled whether the caller records the trace
 */
record TraceParent(String traceId, String spanId, boolean sampled) {
  /** Later versions may append more; version ff is none. */
  private static final Pattern HEADER =
      Pattern.compile("(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  private static final int MAX_LENGTH = 512;
  private static final int SAMPLED = 1;

  /** Understands a header; empty for none, and for one that is malformed, which counts as none. */
  static Optional<TraceParent> parse(@Nullable String header) {
    if (header == null || header.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    Matcher parts = HEADER.matcher(header);
    if (!parts.matches()
        || (parts.group(5) != null && parts.group(1).equals("00"))
        || isZero(parts.group(2))
        || isZero(parts.group(3))) {
      return Optional.empty();
    }
    boolean sampled = (Integer.parseInt(parts.group(4), 16) & SAMPLED) != 0;
    return Optional.of(new TraceParent(parts.group(2), parts.group(3), sampled));
  }

  private static boolean isZero(String digits) {
    return digits.chars().allMatch(each -> each == '0');
  }
}
