package io.jukung.cli.command;

/**
 * Ends a command: the message is printed on standard error, and the process exits with the code.
 */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  private CliException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The command could not be carried out. */
  public static CliException failed(String message) {
    return new CliException(ExitCode.FAILED, message);
  }

  /**
   * Nobody reads the output any more, as in {@code jukung logs -f web | head}. Whoever closed it
   * knows, so that nothing is printed.
   */
  public static CliException outputClosed() {
    return new CliException(ExitCode.OUTPUT_CLOSED, "");
  }

  /** The command line is wrong. */
  public static CliException usage(String message) {
    return new CliException(ExitCode.USAGE, message);
  }

  public static CliException withExitCode(int exitCode, String message) {
    return new CliException(exitCode, message);
  }

  public int exitCode() {
    return exitCode;
  }
}
