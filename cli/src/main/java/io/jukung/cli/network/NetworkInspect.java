package io.jukung.cli.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.OutputTemplate;
import io.jukung.cli.template.Shape;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.cri.docker.NetworkJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung network inspect}: prints what is known about networks, in docker's JSON. */
@Command(
    name = "inspect",
    description = "Prints what is known about networks, as JSON in docker's form.",
    mixinStandardHelpOptions = true)
final class NetworkInspect extends ClientCommand {
  /** What templates may ask of a network. */
  private static final Shape SHAPE =
      new Shape(Set.of(), Set.of("Containers", "Labels", "Options"), Map.of());

  @Option(
      names = {"-f", "--format"},
      paramLabel = "json|TEMPLATE",
      description =
          "Print each network on a line: as JSON, or by a Go template such as"
              + " '{{range .IPAM.Config}}{{.Subnet}}{{end}}'.")
  @Nullable String format;

  @Parameters(arity = "1..*", paramLabel = "NETWORK")
  List<String> names = List.of();

  NetworkInspect(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (format != null) {
      var _ = OutputTemplate.of(format);
    }
  }

  @Override
  protected int run(Connection connection) {
    List<JsonNode> found = new ArrayList<>();
    int exitCode = ExitCode.OK;
    for (String name : names) {
      List<Network> networks =
          connection
              .networks()
              .listNetworks(ListNetworksRequest.newBuilder().setNetwork(name).build())
              .getNetworksList();
      if (name.isEmpty() || networks.isEmpty()) {
        environment.printError("there is no network " + name);
        exitCode = ExitCode.FAILED;
      } else {
        found.add(NetworkJson.of(networks.getFirst()));
      }
    }
    if (found.isEmpty()) {
      throw CliException.failed("none of these networks is here");
    }
    if (format == null) {
      Json.print(Json.list(found), out());
    } else {
      OutputTemplate template = OutputTemplate.of(format);
      found.forEach(each -> out().println(template.line(each, SHAPE)));
    }
    return exitCode;
  }
}
