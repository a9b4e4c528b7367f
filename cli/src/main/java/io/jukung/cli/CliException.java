package io.jukung.cli;

/** Ends a command with one sentence on standard error. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private CliException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** What was asked for could not be done. */
  static CliException failed(String message) {
    return new CliException(ExitCode.FAILED, message);
  }

  /** What was asked for makes no sense. */
  static CliException usage(String message) {
    return new CliException(ExitCode.USAGE, message);
  }

  static CliException withExitCode(int exitCode, String message) {
    return new CliException(exitCode, message);
  }

  int exitCode() {
    return exitCode;
  }
}
