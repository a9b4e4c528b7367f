package io.jukung.linux.launch;

import io.jukung.linux.Errno;
import java.io.IOException;

/**
 * A failed launch, with the phase, the step of that phase's program, and the error number. The
 * owner of the {@link Program} can describe the step.
 */
public final class LaunchFailure extends IOException {
  private static final long serialVersionUID = 1L;

  /** The phases of a launch. */
  public enum Phase {
    PREPARE,
    CLONE,
    CONFINE
  }

  /** The step of a failure in which no step had run: the image itself could not be executed. */
  public static final int NO_STEP = -1;

  private final Phase phase;
  private final int step;
  private final int errno;

  public LaunchFailure(Phase phase, int step, int errno) {
    super("launch, " + phase + " step " + step + ": " + Errno.describe(errno));
    this.phase = phase;
    this.step = step;
    this.errno = errno;
  }

  public Phase phase() {
    return phase;
  }

  public int step() {
    return step;
  }

  public int errno() {
    return errno;
  }
}
