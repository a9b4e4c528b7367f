package io.jukung.cli.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The options {@code -e} and {@code --env-file}, as docker has them. */
public final class VariableOptions {
  /** What the kernel takes as arguments and variables together. */
  private static final int MAX_FILE_BYTES = 2 << 20;

  private VariableOptions() {}

  /**
   * The lines of the files, as {@code -e} takes them. Empty lines and comments are left out.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static List<String> ofFiles(List<Path> files, CliEnvironment environment) {
    List<String> variables = new ArrayList<>();
    for (Path named : files) {
      Path file = environment.absolute(named);
      try {
        if (Files.size(file) > MAX_FILE_BYTES) {
          throw CliException.usage("--env-file " + file + " is larger than 2 MiB");
        }
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
          String text = line.stripLeading();
          if (!text.isEmpty() && !text.startsWith("#")) {
            variables.add(text);
          }
        }
      } catch (IOException e) {
        throw CliException.usage("--env-file " + file + " cannot be read: " + e);
      }
    }
    return variables;
  }

  /**
   * Returns {@code NAME=VALUE} of the same, or of {@code NAME} alone with the value that it has for
   * the user; empty if it has none there, as docker leaves it out.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static Optional<String> valued(String text, CliEnvironment environment) {
    int equals = text.indexOf('=');
    String variable = equals < 0 ? text : text.substring(0, equals);
    if (variable.isEmpty()) {
      throw CliException.usage("not a variable: \"" + text + "\" (write NAME=VALUE)");
    }
    return equals < 0
        ? Optional.ofNullable(environment.variables().get(variable)).map(v -> variable + "=" + v)
        : Optional.of(text);
  }
}
