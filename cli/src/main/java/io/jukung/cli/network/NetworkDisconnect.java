package io.jukung.cli.network;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.DisconnectNetworkRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung network disconnect}: takes a container out of a network. */
@Command(
    name = "disconnect",
    description = "Takes a container of `jukung run` or `jukung create` out of a network.",
    mixinStandardHelpOptions = true)
final class NetworkDisconnect extends ClientCommand {
  @Parameters(index = "0", paramLabel = "NETWORK")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String network;

  @Parameters(index = "1", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  NetworkDisconnect(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    var _ =
        connection
            .networks()
            .disconnectNetwork(
                DisconnectNetworkRequest.newBuilder()
                    .setNetwork(network)
                    .setContainerId(Lookup.container(connection, container).getId())
                    .build());
    return ExitCode.OK;
  }
}
