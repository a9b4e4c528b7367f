package io.jukung.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.OutputTemplate;
import io.jukung.cli.template.Shape;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cri.client.Release;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = {"-f", "--format"},
      paramLabel = "json|TEMPLATE",
      description = "Print by a Go template such as '{{.Server.Version}}', or all as JSON.")
  @Nullable String template;

  Version(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (template != null) {
      var _ = OutputTemplate.of(template);
    }
  }

  @Override
  protected int run(Connection connection) {
    if (template != null) {
      VersionResponse server = connection.runtime().version(VersionRequest.getDefaultInstance());
      out().println(OutputTemplate.of(template).line(json(server), Shape.COMPLETE));
      return ExitCode.OK;
    }
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

  /** As docker's: client and daemon are on one machine. */
  private static ObjectNode json(VersionResponse server) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    String kernel = System.getProperty("os.version", "");
    json.putObject("Client")
        .put("Version", Release.version())
        .put("Os", "linux")
        .put("Arch", NodeFacts.architecture());
    json.putObject("Server")
        .put("Name", server.getRuntimeName())
        .put("Version", server.getRuntimeVersion())
        .put("ApiVersion", server.getRuntimeApiVersion())
        .put("Os", "linux")
        .put("Arch", NodeFacts.architecture())
        .put("KernelVersion", kernel);
    return json;
  }
}
