package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import java.util.ArrayList;
import java.util.List;

/** Decides which command a container runs, from the request's and the image's configuration. */
final class CommandLine {
  private CommandLine() {}

  /**
   * The command line. A requested command replaces the image's entrypoint and its cmd. Requested
   * args alone replace only the image's cmd.
   *
   * @throws CriException INVALID_ARGUMENT if there is no command
   */
  static List<String> of(List<String> command, List<String> args, ImageDefaults image) {
    List<String> line = new ArrayList<>(command.isEmpty() ? image.entrypoint() : command);
    line.addAll(command.isEmpty() && args.isEmpty() ? image.cmd() : args);
    if (line.isEmpty()) {
      throw CriException.invalidArgument(
          "there is no command to run: neither the container nor its image has one");
    }
    if (line.getFirst().isEmpty()) {
      throw CriException.invalidArgument("the command to run is empty");
    }
    return line;
  }
}
