package io.jukung.linux.process;

/**
 * How a process ended (waitid(2)).
 *
 * @param signal the signal that ended the process; 0 if it exited
 * @param status the exit status; 0 if a signal ended the process
 */
public record ExitStatus(int signal, int status) {
  private static final int SIGNAL_BASE = 128;

  /** Returns the exit code as a shell reports it: the status, or 128 + signal. */
  public int exitCode() {
    return signal == 0 ? status : SIGNAL_BASE + signal;
  }
}
