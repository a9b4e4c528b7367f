package io.jukung.cli;

import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeHandler;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Prints the daemon's state. */
@Command(
    name = "info",
    description = "Prints whether the daemon is ready, and what it can do.",
    mixinStandardHelpOptions = true)
final class DaemonInfo implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "table, or json with the whole configuration.")
  OutputFormat format = OutputFormat.TABLE;

  DaemonInfo(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      StatusResponse status =
          connection
              .runtime()
              .status(StatusRequest.newBuilder().setVerbose(format == OutputFormat.JSON).build());
      if (format == OutputFormat.JSON) {
        Json.print(Json.withInfo(status), environment.out());
        return ExitCode.OK;
      }
      VersionResponse version = connection.runtime().version(VersionRequest.getDefaultInstance());
      print(connection, version, status);
      return ExitCode.OK;
    }
  }

  private void print(Connection connection, VersionResponse version, StatusResponse status) {
    var out = environment.out();
    out.println("Socket:    " + connection.socket());
    out.println("Runtime:   " + version.getRuntimeName() + " " + version.getRuntimeVersion());
    for (RuntimeCondition condition : status.getStatus().getConditionsList()) {
      String why =
          condition.getMessage().isEmpty() ? condition.getReason() : condition.getMessage();
      out.printf(
          "%-10s %s%s%n",
          condition.getType().replace("Ready", "") + ":",
          condition.getStatus() ? "ready" : "not ready",
          why.isEmpty() ? "" : ", " + why);
    }
    for (RuntimeHandler handler : status.getRuntimeHandlersList()) {
      out.printf(
          "Handler:   %s (recursive read-only mounts: %s, user namespaces: %s)%n",
          handler.getName().isEmpty() ? "default" : handler.getName(),
          yesNo(handler.getFeatures().getRecursiveReadOnlyMounts()),
          yesNo(handler.getFeatures().getUserNamespaces()));
    }
  }

  private static String yesNo(boolean is) {
    return is ? "yes" : "no";
  }
}
