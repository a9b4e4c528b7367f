package io.jukung.cli;

import io.grpc.StatusRuntimeException;
import java.util.List;

/** Does one thing to each of several: a failure is told and the others still get their turn. */
final class EachOf {
  private EachOf() {}

  interface Act {
    void on(String name);
  }

  /** Prints each name that it went well for. */
  static int apply(CliEnvironment environment, Connection connection, List<String> names, Act act) {
    int exitCode = ExitCode.OK;
    for (String name : names) {
      try {
        act.on(name);
        environment.out().println(name);
      } catch (CliException e) {
        environment.err().println("jukung: " + e.getMessage());
        exitCode = ExitCode.FAILED;
      } catch (StatusRuntimeException e) {
        environment.err().println("jukung: " + Connection.sentence(e, connection.socket()));
        exitCode = ExitCode.FAILED;
      }
    }
    return exitCode;
  }
}
