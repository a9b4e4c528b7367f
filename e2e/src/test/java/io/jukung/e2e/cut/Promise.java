package io.jukung.e2e.cut;

/**
 * What holds after a power cut, because a call had returned before.
 *
 * @param what for a failure
 * @param from the first point of the write log at which a cut must not take it
 */
record Promise(String what, int from, Check check) {
  /** Throws if the promise is broken. */
  @FunctionalInterface
  interface Check {
    void run() throws Exception;
  }
}
