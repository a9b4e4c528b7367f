package io.jukung.linux.launch;

import io.jukung.linux.Errno;
import java.io.IOException;

/**
 * A launch that failed: in which phase, at which step of that phase's program, and with which error
 * number. Whoever has the {@link Program} can name the step.
 */
public final class LaunchFailure extends IOException {
  private static final long serialVersionUID = 1L;

  /** Where a launch can fail. */
  public enum Phase {
    PREPARE,
    CLONE,
    CONFINE
  }

  /** The image itself could not be executed; no step had run. */
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
