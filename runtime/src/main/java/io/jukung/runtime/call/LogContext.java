package io.jukung.runtime.call;

import java.util.Map;
import org.slf4j.MDC;

/** Hands what the log's lines of a call have in common, and its trace, to another thread. */
final class LogContext {
  private LogContext() {}

  /** Work for another thread, whose lines have the context that this thread has now. */
  static Runnable carriedTo(Runnable work) {
    CallTrace trace = CallTrace.current();
    return trace == null ? withLines(work) : withLines(() -> trace.during(work));
  }

  private static Runnable withLines(Runnable work) {
    Map<String, String> context = MDC.getCopyOfContextMap();
    if (context == null || context.isEmpty()) {
      return work;
    }
    return () -> {
      MDC.setContextMap(context);
      try {
        work.run();
      } finally {
        MDC.clear();
      }
    };
  }
}
