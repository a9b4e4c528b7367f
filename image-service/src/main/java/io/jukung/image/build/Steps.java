package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.time.Duration;

/** Tells a listener of the steps of a build, with the lines of the Dockerfile. */
final class Steps {
  private final BuildListener listener;
  private final String dockerfile;

  Steps(BuildListener listener, String dockerfile) {
    this.listener = listener;
    this.dockerfile = dockerfile;
  }

  /**
   * A step begins.
   *
   * @param first the first line of the instruction, from 1
   * @param last its last line
   */
  Running begin(String name, int first, int last) throws InterruptedException {
    return new Running(listener.begin(name, first), first, last);
  }

  /** A step that is under way. For one thread. */
  final class Running {
    private final BuildListener.Step step;
    private final int first;
    private final int last;
    private final long start = System.nanoTime();

    private Running(BuildListener.Step step, int first, int last) {
      this.step = step;
      this.first = first;
      this.last = last;
    }

    void output(boolean error, byte[] data, int length) throws InterruptedException {
      step.output(error, data, length);
    }

    void done(boolean cached) throws InterruptedException {
      step.done(cached, Duration.ofNanos(System.nanoTime() - start));
    }

    /** Tells that the step has failed, and returns the error with its line. */
    CriException failed(CriException e) throws InterruptedException {
      tell(e, 0);
      return BuildErrors.at(first, e);
    }

    /** As {@link #failed(CriException)}, of a command that has ended with another code than 0. */
    CriException failed(CommandFailedException e) throws InterruptedException {
      tell(e, e.exitCode());
      return BuildErrors.at(
          first,
          new CriException(ErrorKind.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e));
    }

    private void tell(Exception e, int exitCode) throws InterruptedException {
      step.failed(
          String.valueOf(e.getMessage()), BuildErrors.excerpt(dockerfile, first, last), exitCode);
    }
  }
}
