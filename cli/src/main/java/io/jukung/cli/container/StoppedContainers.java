package io.jukung.cli.container;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ListContainersRequest;
import java.util.List;
import java.util.Map;

/**
 * The containers of {@code jukung run} and {@code create} that do not run. Those of kubelet and of
 * other clients are never among them: their owners count on them.
 */
public record StoppedContainers(PruneFilter filter) implements Pruning {
  @Override
  public String what() {
    return "all stopped containers of jukung run and create";
  }

  @Override
  public long prune(Connection connection, CliEnvironment environment) {
    List<Container> stopped = find(connection);
    Map<String, Long> sizes = stopped.isEmpty() ? Map.of() : ContainerSizes.all(connection);
    long freed = 0;
    for (Container each : stopped) {
      if (connection
              .containerStatus(each.getId())
              .filter(status -> isStopped(status.getState()))
              .isEmpty()
          || Conditions.isRestarting(connection, each)) {
        continue; // it was started or removed since it was listed, or is about to be started
      }
      try {
        ContainerTeardown.remove(connection, each);
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
          continue; // somebody else has removed it
        }
        throw e;
      }
      environment.out().println("deleted: " + each.getId());
      freed += sizes.getOrDefault(each.getId(), 0L);
    }
    return freed;
  }

  private List<Container> find(Connection connection) {
    return connection
        .runtime()
        .listContainers(ListContainersRequest.getDefaultInstance())
        .getContainersList()
        .stream()
        .filter(each -> each.containsLabels(OwnContainers.LABEL))
        .filter(each -> isStopped(each.getState()))
        .filter(each -> filter.fits(each.getCreatedAt(), each.getLabelsMap()))
        .toList();
  }

  private static boolean isStopped(ContainerState state) {
    return state == ContainerState.CONTAINER_EXITED || state == ContainerState.CONTAINER_CREATED;
  }
}
