package io.jukung.cli.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.cri.docker.NetworkJson;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung network inspect}: prints what is known about networks, in docker's JSON. */
@Command(
    name = "inspect",
    description = "Prints what is known about networks, as JSON in docker's form.",
    mixinStandardHelpOptions = true)
final class NetworkInspect extends ClientCommand {
  @Parameters(arity = "1..*", paramLabel = "NETWORK")
  List<String> names = List.of();

  NetworkInspect(CommandContext context) {
    super(context);
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
    Json.print(Json.list(found), out());
    return exitCode;
  }
}
