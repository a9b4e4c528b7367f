package io.jukung.cli.container;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.Connection;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What jukung's daemon says of containers beyond CRI. Other runtimes say nothing. */
public final class Conditions {
  private Conditions() {}

  /** The conditions of all containers, by their IDs. */
  public static Map<String, Condition> all(Connection connection) {
    Map<String, Condition> byId = new HashMap<>();
    ask(connection, "").forEach(each -> byId.put(each.getContainerId(), each));
    return byId;
  }

  /** How many containers are paused. */
  public static long paused(Connection connection) {
    return ask(connection, "").stream().filter(Condition::getPaused).count();
  }

  /** The condition of the container with this ID. */
  public static Optional<Condition> of(Connection connection, String id) {
    return ask(connection, id).stream().findFirst();
  }

  /** Whether a container that does not run is about to be started again by its restart policy. */
  public static boolean isRestarting(Connection connection, Container container) {
    return container.containsAnnotations(OwnContainers.RESTART)
        && of(connection, container.getId()).filter(Condition::getRestarting).isPresent();
  }

  private static List<Condition> ask(Connection connection, String id) {
    try {
      return connection
          .containers()
          .conditions(ConditionsRequest.newBuilder().setContainerId(id).build())
          .getConditionsList();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
        return List.of();
      }
      throw e;
    }
  }
}
