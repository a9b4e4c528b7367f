package io.jukung.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Exit codes as docker's, so that scripts need not learn others. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;

  /** A wrong option, and for {@code run} whatever kept the container from starting. */
  static final int USAGE = 125;

  /** The command exists and cannot be run. */
  static final int CANNOT_RUN = 126;

  static final int COMMAND_NOT_FOUND = 127;

  /** As the daemon says that a command was not to be executed; anything else failed before. */
  private static final Pattern NOT_EXECUTED =
      Pattern.compile("exec \".*\": (?<reason>[^:]+)$", Pattern.DOTALL);

  private ExitCode() {}

  /** The code for a container or exec that did not start, from the daemon's message. */
  static int ofStartFailure(String message, int otherwise) {
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
