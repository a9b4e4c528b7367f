package io.jukung.image.build;

import java.time.Duration;

/**
 * Is told what a build does, by several threads at once. A listener whose reader is slow may let
 * the caller wait.
 */
public interface BuildListener {
  /** One step of a build. Its methods are called by one thread at a time. */
  interface Step {
    /** The step has written something. */
    void output(boolean error, byte[] data, int length) throws InterruptedException;

    /** The step is over. */
    void done(boolean cached, Duration duration) throws InterruptedException;

    /**
     * The step has failed, and with it the build.
     *
     * @param excerpt the lines of the Dockerfile around it; empty for a step that is not in it
     * @param exitCode of a command; 0 if something else has failed
     */
    void failed(String reason, String excerpt, int exitCode) throws InterruptedException;
  }

  /**
   * A step begins.
   *
   * @param line its first line in the Dockerfile; 0 if it is not in it
   */
  Step begin(String name, int line) throws InterruptedException;

  /** Something that the user may not want. */
  void warning(String text) throws InterruptedException;
}
