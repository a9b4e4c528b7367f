package io.jukung.cli.network;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.RemoveNetworkRequest;
import java.util.List;

/** The networks that no container uses, whether it runs or not. */
public record UnusedNetworks(PruneFilter filter) implements Pruning {
  @Override
  public String what() {
    return "all networks that no container uses";
  }

  @Override
  public boolean takesSpace() {
    return false;
  }

  private List<Network> find(Connection connection) {
    return connection
        .networks()
        .listNetworks(ListNetworksRequest.getDefaultInstance())
        .getNetworksList()
        .stream()
        .filter(NetworkFilter::isUnused)
        .filter(each -> filter.fits(each.getCreatedAt(), each.getLabelsMap()))
        .toList();
  }

  @Override
  public long prune(Connection connection, CliEnvironment environment) {
    find(connection).forEach(each -> remove(connection, environment, each));
    return 0;
  }

  /** Removes a network, unless a container runs in it since it was listed. */
  private static void remove(Connection connection, CliEnvironment environment, Network network) {
    try {
      var _ =
          connection
              .networks()
              .removeNetwork(RemoveNetworkRequest.newBuilder().setNetwork(network.getId()).build());
      environment.out().println("deleted: " + network.getName());
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code != Status.Code.FAILED_PRECONDITION && code != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }
}
