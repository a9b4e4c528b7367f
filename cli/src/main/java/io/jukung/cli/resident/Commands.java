package io.jukung.cli.resident;

import io.jukung.cli.command.CliEnvironment;

/** Runs command lines. Several threads do so at once. */
@FunctionalInterface
public interface Commands {
  /** Runs a command line and returns its exit code. */
  int run(CliEnvironment environment, String... arguments);
}
