package io.jukung.runtime.cgroup;

import java.io.IOException;

/** The operations that the cgroup driver asks of systemd. Thread-safe. */
public interface SystemdUnits extends AutoCloseable {
  /**
   * Asks systemd to start a transient scope around a running process. Everything inside the scope's
   * cgroup is delegated to jukung (systemd's CGROUP_DELEGATION document). Returns before the
   * process has moved there.
   *
   * @param slice the name of the slice; systemd creates it if it does not exist
   */
  void startScope(String name, String slice, String description, int pid) throws IOException;

  /**
   * Asks systemd to stop a unit. Returns before the unit has ended.
   *
   * @throws IOException also if there is no such unit
   */
  void stop(String name) throws IOException;

  /** Leaves the bus. Units that were started keep running. */
  @Override
  void close();
}
