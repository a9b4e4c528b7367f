package io.jukung.cli.network;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.RemoveNetworkRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung network rm}: removes networks. */
@Command(
    name = "rm",
    description = "Removes networks. A network that a running container is in stays.",
    mixinStandardHelpOptions = true)
final class NetworkRemove extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Do not fail for a network that does not exist.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "NETWORK")
  List<String> names = List.of();

  NetworkRemove(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return names;
  }

  @Override
  protected void apply(Connection connection, String name) {
    try {
      var _ =
          connection
              .networks()
              .removeNetwork(RemoveNetworkRequest.newBuilder().setNetwork(name).build());
    } catch (StatusRuntimeException e) {
      if (!force || e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }
}
