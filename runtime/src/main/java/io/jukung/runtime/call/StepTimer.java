package io.jukung.runtime.call;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long the steps of a call take, for the debug log. For one thread. */
public final class StepTimer {
  private static final Logger LOG = LoggerFactory.getLogger("io.jukung.runtime.timing");

  private final String call;
  private final String id;
  private final long start = System.nanoTime();
  private final StringBuilder steps = new StringBuilder();
  private long last = start;

  public StepTimer(String call, String id) {
    this.call = call;
    this.id = id;
  }

  /** The step that ends now. */
  public void step(String name) {
    if (LOG.isDebugEnabled()) {
      long now = System.nanoTime();
      steps.append(", ").append(name).append(' ').append((now - last) / 1000);
      last = now;
    }
  }

  public void done() {
    LOG.debug("{} {}: {} µs{}", call, id, (System.nanoTime() - start) / 1000, steps);
  }
}
