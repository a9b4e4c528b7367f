package io.jukung.runtime.cgroup;

import java.io.IOException;

/** What is asked of systemd. Thread-safe. */
public interface SystemdUnits extends AutoCloseable {
  /**
   * Starts a transient scope around a running process, with everything below it delegated to this
   * program (systemd's CGROUP_DELEGATION). The process moves there a moment later.
   *
   * @param slice the slice's name; made where it is not there
   */
  void startScope(String name, String slice, String description, int pid) throws IOException;

  /** Stops a unit, which is over a moment later. One that is not there cannot be stopped. */
  void stop(String name) throws IOException;

  /** Units that were started go on. */
  @Override
  void close();
}
