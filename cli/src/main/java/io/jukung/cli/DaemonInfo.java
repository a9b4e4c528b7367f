package io.jukung.cli;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.OutputTemplate;
import io.jukung.cli.template.Shape;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeHandler;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung info}: prints the state of the daemon. */
@Command(
    name = "info",
    description = "Prints whether the daemon is ready, and what it supports.",
    mixinStandardHelpOptions = true)
final class DaemonInfo extends ClientCommand {
  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      paramLabel = "table|json",
      description = "Format of the output; json includes the daemon's whole configuration.")
  OutputFormat format = OutputFormat.TABLE;

  @Option(
      names = {"-f", "--format"},
      paramLabel = "json|TEMPLATE",
      description =
          "Print docker's fields by a Go template such as '{{.ContainersRunning}}', or all of them as"
              + " JSON.")
  @Nullable String template;

  DaemonInfo(CommandContext context) {
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
      out().println(OutputTemplate.of(template).line(NodeFacts.json(connection), Shape.COMPLETE));
      return ExitCode.OK;
    }
    boolean json = format == OutputFormat.JSON;
    StatusResponse status =
        connection.runtime().status(StatusRequest.newBuilder().setVerbose(json).build());
    if (json) {
      Json.print(Json.withInfo(status), out());
    } else {
      print(connection, status);
    }
    return ExitCode.OK;
  }

  private void print(Connection connection, StatusResponse status) {
    VersionResponse version = connection.runtime().version(VersionRequest.getDefaultInstance());
    PrintStream out = out();
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
