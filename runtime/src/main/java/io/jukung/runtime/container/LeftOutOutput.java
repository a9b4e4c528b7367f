package io.jukung.runtime.container;

import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.LogNames;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what the limits of logs have left out, as far as shims have told it. The first time, the
 * daemon's log names the container. Thread-safe.
 */
public final class LeftOutOutput {
  private static final Logger LOG = LoggerFactory.getLogger(LeftOutOutput.class);

  private final LongAdder bytes = new LongAdder();
  // What running containers have left out; a container that has ended is not here.
  private final Map<String, Long> told = new ConcurrentHashMap<>();

  /**
   * A shim tells how much a running container's log has left out since the container's start. For
   * one container, the calls come in order.
   */
  public void told(Container container, long total) {
    Long before = told.put(container.id(), total);
    if (before == null) {
      LOG.warn(
          "container {}: output is left out of its log, which is at a limit of container_log or"
              + " --log-opt",
          LogNames.container(container.record()));
    }
    add(total, before);
  }

  /** A container has ended, and its log has left out this much, which may be nothing. */
  public void ended(Container container, long total) {
    Long before = told.remove(container.id());
    if (total > 0) {
      LOG.warn(
          "container {}: {} bytes of output were left out of its log",
          LogNames.container(container.record()),
          total);
    }
    add(total, before);
  }

  private void add(long total, @Nullable Long before) {
    bytes.add(Math.max(total - (before == null ? 0 : before), 0));
  }

  /** Bytes of output that were left out of logs, of all containers since the daemon started. */
  public long bytes() {
    return bytes.sum();
  }
}
