package io.jukung.cli.network;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.ConnectNetworkRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung network connect}: puts a container into one more network. */
@Command(
    name = "connect",
    description =
        "Puts a container of `jukung run` or `jukung create` into one more network: at once if it"
            + " runs, otherwise with its next start.",
    mixinStandardHelpOptions = true)
final class NetworkConnect extends ClientCommand {
  @Option(
      names = "--alias",
      paramLabel = "NAME",
      description = "Another name for the container in this network.")
  List<String> aliases = List.of();

  @Option(
      names = "--link",
      paramLabel = "CONTAINER[:ALIAS]",
      description = "Another name by which the container finds a container of this network.")
  List<String> links = List.of();

  @Option(names = "--ip", paramLabel = "ADDRESS", description = "The address of IPv4.")
  @Nullable String ip;

  @Option(names = "--ip6", paramLabel = "ADDRESS", description = "The address of IPv6.")
  @Nullable String ip6;

  @Option(names = "--mac-address", paramLabel = "ADDRESS", description = "The hardware address.")
  @Nullable String mac;

  @Parameters(index = "0", paramLabel = "NETWORK")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String network;

  @Parameters(index = "1", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  NetworkConnect(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    ConnectNetworkRequest.Builder request =
        ConnectNetworkRequest.newBuilder()
            .setNetwork(network)
            .setContainerId(Lookup.container(connection, container).getId())
            .addAllAliases(aliases)
            .putAllLinks(LinkArguments.parse(links));
    if (ip != null) {
      request.setIp(ip);
    }
    if (ip6 != null) {
      request.setIp6(ip6);
    }
    if (mac != null) {
      request.setMac(mac);
    }
    var _ = connection.networks().connectNetwork(request.build());
    return ExitCode.OK;
  }
}
