package io.jukung.runtime.trace;

import java.util.Map;

/**
 * A span that has ended (OpenTelemetry's trace.proto).
 *
 * @param parentSpanId empty for the beginning of a trace
 * @param startUnixNanos nanoseconds since 1970
 * @param attributes texts and whole numbers
 * @param error what went wrong; empty if nothing did
 */
record Span(
    String traceId,
    String spanId,
    String parentSpanId,
    String name,
    Kind kind,
    long startUnixNanos,
    long endUnixNanos,
    Map<String, Object> attributes,
    String error) {
  /** Whose work the span is. */
  enum Kind {
    /** A step of this process. */
    INTERNAL(1),
    /** A call that somebody has made. */
    SERVER(2);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /** The number in trace.proto. */
    int number() {
      return number;
    }
  }
}
