package io.jukung.cli;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cri.client.Release;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung version}: prints the versions of client and daemon. */
@Command(
    name = "version",
    description = "Prints the versions of this client and of the daemon.",
    mixinStandardHelpOptions = true)
final class Version extends ClientCommand {
  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      paramLabel = "table|json",
      description = "Format of the output; json prints the daemon's answer alone.")
  OutputFormat format = OutputFormat.TABLE;

  Version(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    if (format == OutputFormat.TABLE) {
      // Printed before the daemon is asked, so that it is printed without a daemon too.
      out().println("Client:   jukung " + Release.version());
    }
    VersionResponse version = connection.runtime().version(VersionRequest.getDefaultInstance());
    if (format == OutputFormat.JSON) {
      Json.print(version, out());
    } else {
      out()
          .printf(
              "Daemon:   %s %s (CRI %s)%n",
              version.getRuntimeName(),
              version.getRuntimeVersion(),
              version.getRuntimeApiVersion());
    }
    return ExitCode.OK;
  }
}
