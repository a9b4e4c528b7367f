package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.PortsRequest;
import io.jukung.client.v1.PublishedPort;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung port}: lists the published ports of a container. */
@Command(
    name = "port",
    description = "Lists the ports of the node that lead to a container.",
    mixinStandardHelpOptions = true)
public final class Port extends ClientCommand {
  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PORT[/PROTOCOL]",
      description = "Only the ports of the node that lead to this port of the container.")
  @Nullable String port;

  public Port(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    String id = Lookup.container(connection, container).getId();
    List<PublishedPort> ports =
        connection
            .containers()
            .ports(PortsRequest.newBuilder().setContainerId(id).build())
            .getPortsList();
    if (port == null) {
      ports.forEach(each -> out().println(inside(each) + " -> " + outside(each)));
      return ExitCode.OK;
    }
    String wanted = port.contains("/") ? port : port + "/tcp";
    List<PublishedPort> found = ports.stream().filter(each -> inside(each).equals(wanted)).toList();
    if (found.isEmpty()) {
      throw CliException.failed("port " + wanted + " of " + container + " is not published");
    }
    found.forEach(each -> out().println(outside(each)));
    return ExitCode.OK;
  }

  public static String inside(PublishedPort port) {
    return port.getContainerPort() + "/" + port.getProtocol();
  }

  public static String outside(PublishedPort port) {
    String address = port.getHostIp().isEmpty() ? "0.0.0.0" : port.getHostIp();
    return (address.contains(":") ? "[" + address + "]" : address) + ":" + port.getHostPort();
  }
}
