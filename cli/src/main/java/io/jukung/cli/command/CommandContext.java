package io.jukung.cli.command;

import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * What a command works with: this process's streams and variables, and the daemon's socket.
 *
 * @param socket asked for the path when a command connects, because the option that names the
 *     socket is read after the commands are made
 */
public record CommandContext(CliEnvironment environment, Supplier<Path> socket) {
  /** Returns a new connection to the daemon, which the caller closes. */
  public Connection connect() {
    Path path = socket.get();
    return Connection.open(path, environment.caller().reach(path));
  }
}
