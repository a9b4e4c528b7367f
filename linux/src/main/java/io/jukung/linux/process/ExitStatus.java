package io.jukung.linux.process;

/**
 * How a process ended (waitid(2)).
 *
 * @param signal the signal that ended it; 0 where it exited by itself
 * @param status its own exit status; 0 where a signal ended it
 */
public record ExitStatus(int signal, int status) {
  private static final int SIGNAL_BASE = 128;

  /** As a shell has it: the status, or 128 + signal. */
  public int exitCode() {
    return signal == 0 ? status : SIGNAL_BASE + signal;
  }
}
