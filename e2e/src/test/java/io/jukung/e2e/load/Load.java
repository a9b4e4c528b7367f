package io.jukung.e2e.load;

import io.jukung.e2e.node.Testbed;

/** Something that makes many or large calls at once. */
public interface Load {
  /** Returns additional keys or tables of the daemon's configuration. */
  default String configuration() {
    return "";
  }

  /**
   * Runs the load to its end, and removes all that it made.
   *
   * @throws AssertionError if the runtime did not bear the load
   */
  void run(Testbed testbed, Report report) throws Exception;
}
