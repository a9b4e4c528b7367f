package io.jukung.cli.command;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Exit codes: the same as docker's, so that scripts written for docker work. */
public final class ExitCode {
  public static final int OK = 0;
  public static final int FAILED = 1;

  /** The command line is wrong; from {@code run} also: the container did not start. */
  public static final int USAGE = 125;

  /** The container's command exists but cannot be executed. */
  public static final int CANNOT_RUN = 126;

  /** The container's command does not exist. */
  public static final int COMMAND_NOT_FOUND = 127;

  /** Nobody reads the output any more: what a shell makes of SIGPIPE, by which others end then. */
  public static final int OUTPUT_CLOSED = 128 + 13;

  /** The end of the daemon's message where the execve of a container's command failed. */
  private static final Pattern NOT_EXECUTED =
      Pattern.compile("exec \".*\": (?<reason>[^:]+)$", Pattern.DOTALL);

  private ExitCode() {}

  /**
   * Returns the code for a container or an exec that did not start.
   *
   * @param message the daemon's message
   * @param otherwise the code where something other than the execve of the command failed
   */
  public static int ofStartFailure(String message, int otherwise) {
    Matcher matcher = NOT_EXECUTED.matcher(message);
    if (!matcher.find()) {
      return otherwise;
    }
    return switch (matcher.group("reason")) {
      case "no such file or directory", "executable file not found in $PATH" -> COMMAND_NOT_FOUND;
      default -> CANNOT_RUN;
    };
  }
}
