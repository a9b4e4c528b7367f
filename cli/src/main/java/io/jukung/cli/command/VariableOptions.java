package io.jukung.cli.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The options {@code -e} and {@code --env-file}, as docker has them. */
public final class VariableOptions {
  /** What the kernel takes as arguments and variables together. */
  private static final int MAX_FILE_BYTES = 2 << 20;

  private VariableOptions() {}

  /**
   * The variables as {@code NAME=VALUE}, those of files first: {@code -e} takes precedence. {@code
   * NAME} alone takes the value that it has for the user, and is left out if it has none there.
   *
   * @param files with a variable on each line; empty lines and comments are left out
   * @param texts the values of {@code -e}
   * @throws CliException with the exit code for wrong usage
   */
  public static List<String> of(List<Path> files, List<String> texts, CliEnvironment environment) {
    return Stream.concat(ofFiles(files, environment).stream(), texts.stream())
        .map(text -> valued(text, environment))
        .flatMap(Optional::stream)
        .toList();
  }

  private static List<String> ofFiles(List<Path> files, CliEnvironment environment) {
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

  private static Optional<String> valued(String text, CliEnvironment environment) {
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
