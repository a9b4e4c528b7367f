package io.jukung.cli;

import io.jukung.cri.client.Release;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Prints versions. */
@Command(
    name = "version",
    description = "Prints the versions of this client and of the daemon.",
    mixinStandardHelpOptions = true)
final class Version implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "table, or json with the daemon's answer.")
  OutputFormat format = OutputFormat.TABLE;

  Version(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    if (format == OutputFormat.TABLE) {
      // Before the daemon is asked: this much is known without it.
      environment.out().println("Client:   jukung " + Release.version());
    }
    try (Connection connection = jukung.connect()) {
      VersionResponse version = connection.runtime().version(VersionRequest.getDefaultInstance());
      if (format == OutputFormat.JSON) {
        Json.print(version, environment.out());
      } else {
        environment
            .out()
            .printf(
                "Daemon:   %s %s (CRI %s)%n",
                version.getRuntimeName(),
                version.getRuntimeVersion(),
                version.getRuntimeApiVersion());
      }
      return ExitCode.OK;
    }
  }
}
