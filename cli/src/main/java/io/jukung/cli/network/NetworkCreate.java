package io.jukung.cli.network;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.NameValues;
import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.NetworkRange;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung network create}: makes a network. */
@Command(
    name = "create",
    description = {
      "Makes a network and prints its ID. Containers in it find each other by name, and no other"
          + " network reaches them.",
      "The drivers macvlan and ipvlan put containers into the network of an interface of the host:"
          + " -d macvlan -o parent=eth0 --subnet 192.168.1.0/24 --gateway 192.168.1.1."
    },
    mixinStandardHelpOptions = true)
final class NetworkCreate extends ClientCommand {
  @Option(
      names = {"-d", "--driver"},
      defaultValue = "bridge",
      paramLabel = "DRIVER",
      description = "bridge (default), macvlan or ipvlan.")
  String driver = "bridge";

  @Option(
      names = "--subnet",
      paramLabel = "SUBNET",
      description =
          "The addresses, such as 172.30.0.0/24; one of IPv4 and one of IPv6 at most. Without it, a"
              + " free subnet is chosen.")
  List<String> subnets = List.of();

  @Option(
      names = "--gateway",
      paramLabel = "ADDRESS",
      description = "The host's address in a subnet; without it, the first one.")
  List<String> gateways = List.of();

  @Option(
      names = "--ip-range",
      paramLabel = "RANGE",
      description = "The part of a subnet that containers get addresses from.")
  List<String> ipRanges = List.of();

  @Option(names = "--ipv6", description = "Have addresses of IPv6, too.")
  boolean ipv6;

  @Option(
      names = "--internal",
      description = "Lead nowhere but to the network's containers and the host.")
  boolean internal;

  @Option(
      names = {"-o", "--opt"},
      paramLabel = "NAME=VALUE",
      description =
          "An option of the driver: parent=INTERFACE, and macvlan_mode or ipvlan_mode. The driver"
              + " bridge has none.")
  List<String> options = List.of();

  @Option(names = "--label", paramLabel = "NAME=VALUE", description = "Add a label to the network.")
  List<String> labels = List.of();

  @Parameters(arity = "1", paramLabel = "NAME")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String name;

  NetworkCreate(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    CreateNetworkRequest request =
        CreateNetworkRequest.newBuilder()
            .setName(name)
            .setDriver(driver)
            .addAllRanges(ranges())
            .setIpv6(ipv6)
            .setInternal(internal)
            .putAllOptions(NameValues.required("--opt", options))
            .putAllLabels(NameValues.of(labels))
            .build();
    out().println(connection.networks().createNetwork(request).getNetwork().getId());
    return ExitCode.OK;
  }

  /** Gives each gateway and each range to the subnet of its address family, as docker does. */
  private List<NetworkRange> ranges() {
    List<NetworkRange> ranges = new ArrayList<>();
    List<String> unusedGateways = new ArrayList<>(gateways);
    List<String> unusedRanges = new ArrayList<>(ipRanges);
    for (String subnet : subnets) {
      NetworkRange.Builder range = NetworkRange.newBuilder().setSubnet(subnet);
      take(unusedGateways, subnet).forEach(range::setGateway);
      take(unusedRanges, subnet).forEach(range::setIpRange);
      ranges.add(range.build());
    }
    if (!unusedGateways.isEmpty() || !unusedRanges.isEmpty()) {
      throw CliException.usage("--gateway and --ip-range need a --subnet of the same family each");
    }
    return ranges;
  }

  private static List<String> take(List<String> unused, String subnet) {
    for (String each : unused) {
      if (each.contains(":") == subnet.contains(":")) {
        unused.remove(each);
        return List.of(each);
      }
    }
    return List.of();
  }
}
