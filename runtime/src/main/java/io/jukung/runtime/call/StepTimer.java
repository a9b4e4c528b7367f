package io.jukung.runtime.call;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs at debug level how long the steps of one call take, in microseconds, and tells them to the
 * call's trace. Not thread-safe.
 */
public final class StepTimer {
  private static final Logger LOG = LoggerFactory.getLogger("io.jukung.runtime.timing");

  private final String call;
  private final String id;
  private final long start = System.nanoTime();
  private final StringBuilder steps = new StringBuilder();
  private final @Nullable CallTrace trace = CallTrace.current();
  private long last = start;

  public StepTimer(String call, String id) {
    this.call = call;
    this.id = id;
  }

  /** Notes the time since the previous step, or since the start of the call. */
  public void step(String name) {
    if (LOG.isDebugEnabled() || trace != null) {
      long now = System.nanoTime();
      if (trace != null) {
        trace.step(name, id, last, now, /* failed= */ false);
      }
      steps.append(", ").append(name).append(' ').append((now - last) / 1000);
      last = now;
    }
  }

  /** Logs the whole call and its steps. */
  public void done() {
    LOG.debug("{} {}: {} µs{}", call, id, (System.nanoTime() - start) / 1000, steps);
  }
}
