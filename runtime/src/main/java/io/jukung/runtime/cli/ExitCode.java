package io.jukung.runtime.cli;

/** Exit codes as docker's, so that scripts need not learn others. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;

  /** A wrong option, and for {@code run} whatever kept the container from starting. */
  static final int USAGE = 125;

  /** The command exists and cannot be run. */
  static final int CANNOT_RUN = 126;

  static final int COMMAND_NOT_FOUND = 127;

  private ExitCode() {}

  /**
   * The code for a container or exec that did not start, from the daemon's message: it names the
   * call that failed and its error.
   */
  static int ofStartFailure(String message, int otherwise) {
    if (!message.contains("execve")) {
      return otherwise;
    }
    if (message.contains("ENOENT")) {
      return COMMAND_NOT_FOUND;
    }
    return message.contains("EACCES") || message.contains("ENOEXEC") || message.contains("EISDIR")
        ? CANNOT_RUN
        : otherwise;
  }
}
